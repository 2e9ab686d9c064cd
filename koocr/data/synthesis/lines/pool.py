"""Who draws the next line, what they can draw, and who steps in for what they can't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koocr.data.crawl.coverage import face_coverage
from koocr.data.faces import KLASSES, Face, load_coverage, load_faces, open_font, select_faces
from koocr.data.handwriting import Handwriting, load_writers
from koocr.data.synthesis.lines.hands import FaceHand, FontHand, Glyph, Hand, usable_writers
from koocr.data.synthesis.lines.pens import PenHand
from koocr.data.synthesis.lines.settings import EM, PoolSettings
from koocr.data.synthesis.lines.signs import composable, compose
from koocr.data.text import Repertoire
from koocr.errors import DataError
from koocr.hangul import NUM_SYLLABLES

__all__ = ["HandPool", "Script", "sign_fonts"]

IntArray = NDArray[np.int32]

_SIGN_FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSans-Bold", "DejaVuSansMono")
_BESIDE_CROPS = (
    "0123456789.,!?~()-:;'\"%…·ㅋㅎㅠㅜㅇㅡ"  # what faces draw in the lines of writers: not too much
)
_CIRCLED = "가나다라마바사아자차카타파하주"  # syllables that signs are made of
_LOOK_EVERY = 256  # lines after which the letters that are kept are counted


class Script:
    """The letters of one line: a hand's, and others' for symbols that it lacks.

    Args:
        hand: who draws all that they can.
        standbys: who is asked for the rest, in this order.
        latin: who draws Latin letters and digits instead of the hand, if anybody.
    """

    def __init__(self, hand: Hand, standbys: Sequence[Hand] = (), *, latin: Hand | None = None) -> None:
        self.hand = hand
        self._standbys = standbys
        self._latin = latin

    def glyph(self, symbol: str) -> Glyph | None:
        """A letter; None where nobody draws it, as for the space."""
        if self._latin is not None and symbol.isascii() and symbol.isalnum():
            drawn = self._latin.glyph(symbol)
            if drawn is not None:
                return drawn
        drawn = self.hand.glyph(symbol)
        if drawn is not None or symbol == " ":
            return drawn
        for standby in self._standbys:
            drawn = standby.glyph(symbol)
            if drawn is not None:
                return drawn
        return compose(symbol, self.glyph)


class HandPool:
    """Faces and writers that lines are drawn with.

    Fonts are opened, and letters drawn, when they are first needed; what comes out doesn't depend on that.

    Args:
        faces: whose files are there.
        coverage: face id → indices of the syllables that it really draws; faces that are not in it are looked
            through.
        writers: sets of crops; those of fewer than 50 syllables are left out.
        signs: font files for signs that no Korean face draws (`sign_fonts`).
        settings: shares.

    Raises:
        DataError: there is nobody who draws, or a font can't be opened.
    """

    def __init__(
        self,
        faces: Sequence[Face],
        coverage: Mapping[str, IntArray],
        *,
        writers: Sequence[Handwriting] = (),
        signs: Sequence[Path] = (),
        settings: PoolSettings | None = None,
    ) -> None:
        self._settings = settings or PoolSettings()
        self._coverage = {face.id: _syllables(face, coverage) for face in faces}
        self._faces = [face for face in faces if len(self._coverage[face.id])]
        self._writers = usable_writers(writers)
        self._groups = self._group()
        self._opened: dict[str, FaceHand] = {}
        self._repertoires: dict[str, Repertoire] = {}
        self._standbys: dict[str, tuple[Hand, ...]] = {}
        self._signs = [FontHand(open_font(path, EM), name=path.stem, klass="sign") for path in signs]
        self._num_picked = 0
        shares = [self._share(group) for group in self._groups]
        if not sum(shares) > 0:
            raise DataError(
                "there are neither faces nor writers to draw lines with; name a folder that has some"
            )
        self._cumulative = np.cumsum(shares) / sum(shares)
        self._weights = self._rarity(dict(zip(self._groups, np.array(shares) / sum(shares), strict=True)))

    @classmethod
    def load(
        cls,
        fonts: str | Path,
        *,
        split: str,
        handwriting: str | Path | None = None,
        settings: PoolSettings | None = None,
    ) -> HandPool:
        """The faces, and the writers, of one split.

        Args:
            fonts: folder with `faces.csv`, the font files, and perhaps `coverage.tsv.gz`.
            split: "train", "val" or "test".
            handwriting: folder with the writers' sets; None for faces alone.
            settings: shares.

        Raises:
            DataError: a list, table, font or set is missing or damaged.
        """
        table = Path(fonts) / "coverage.tsv.gz"
        return cls(
            select_faces(load_faces(fonts), splits=[split]),
            load_coverage(table) if table.exists() else {},
            writers=() if handwriting is None else load_writers(handwriting, split=split),
            signs=sign_fonts(),
            settings=settings,
        )

    def pick(self, rng: np.random.Generator) -> Hand:
        """Who draws the next line."""
        self._forget_some()
        place = min(int(np.searchsorted(self._cumulative, rng.random(), "right")), len(self._groups) - 1)
        group = self._groups[tuple(self._groups)[place]]
        member = group[int(rng.integers(len(group)))]
        if isinstance(member, PenHand):
            return PenHand.draw(rng)
        return self.hand(member) if isinstance(member, Face) else member

    def hand(self, face: Face) -> FaceHand:
        """A face, opened."""
        if face.id not in self._opened:
            self._opened[face.id] = FaceHand(face, self._coverage[face.id])
        return self._opened[face.id]

    def script(self, hand: Hand, rng: np.random.Generator) -> Script:
        """A hand and those who step in for it, in an order drawn for this line."""
        standbys = self._standbys_of(hand)
        turn = int(rng.integers(max(1, len(standbys))))
        others = standbys[turn:] + standbys[:turn]
        is_mixed = not hand.is_real and bool(others) and rng.random() < self._settings.mixed_latin
        return Script(hand, [*others, *self._signs], latin=others[0] if is_mixed else None)

    def repertoire(self, hand: Hand) -> Repertoire:
        """What a line of a hand may say; random syllables come the more often, the fewer faces draw them."""
        if hand.name not in self._repertoires:
            drawn = set(hand.others())
            for other in (*self._standbys_of(hand), *self._signs):
                drawn.update(other.others())
            # a pen never writes the same twice: after these, the line's letters would be others
            tried = PenHand.draw(np.random.default_rng(0)) if isinstance(hand, PenHand) else hand
            parts = drawn.union(filter(tried.glyph, _CIRCLED))
            drawn.update(composable(parts))
            others = "".join(sorted(drawn & set(_BESIDE_CROPS) if hand.is_real else drawn))
            self._repertoires[hand.name] = Repertoire(hand.syllables, others, weights=self._weights)
        return self._repertoires[hand.name]

    def _group(self) -> dict[str, Sequence[Face | Hand]]:
        groups: dict[str, Sequence[Face | Hand]] = {
            klass: members for klass in KLASSES if (members := select_faces(self._faces, klasses=[klass]))
        }
        if self._writers:
            groups["real"] = self._writers
        if self._settings.written and self._faces:  # who step in for what a pen can't write
            groups["written"] = [PenHand.draw(np.random.default_rng(0))]
        return groups

    def _share(self, group: str) -> float:
        return float(getattr(self._settings, group))

    def _standbys_of(self, hand: Hand) -> tuple[Hand, ...]:
        """Some faces of the same class, evenly from the list; any faces where the class has none."""
        if hand.klass not in self._standbys:
            alike = select_faces(self._faces, klasses=[hand.klass]) or self._faces
            step = max(1, len(alike) // self._settings.num_standbys)
            self._standbys[hand.klass] = tuple(self.hand(face) for face in alike[::step])
        return self._standbys[hand.klass]

    def _rarity(self, shares: Mapping[str, float]) -> NDArray[np.float64]:
        """(11172,) one over how often a syllable would come if each hand drew its own equally often."""
        chance = np.zeros(NUM_SYLLABLES)
        for group, members in self._groups.items():
            for member in members:
                syllables = self._coverage[member.id] if isinstance(member, Face) else member.syllables
                chance[syllables] += shares[group] / len(members)
        return 1 / np.maximum(chance, 1e-6)

    def _forget_some(self) -> None:
        self._num_picked += 1
        if self._num_picked % _LOOK_EVERY == 0:
            hands = list(self._opened.values())
            if sum(hand.num_kept for hand in hands) > self._settings.max_glyphs:
                for hand in hands:
                    hand.forget()


def sign_fonts() -> list[Path]:
    """Fonts of the DejaVu family, which come with Matplotlib: they draw signs that no Korean face draws.

    An empty list where Matplotlib is not installed; those signs are then not drawn.
    """
    spec = find_spec("matplotlib")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    return [path for name in _SIGN_FONTS if (path := folder / f"{name}.ttf").exists()]


def _syllables(face: Face, coverage: Mapping[str, IntArray]) -> IntArray:
    found = coverage.get(face.id)
    return face_coverage(face.path, index=face.index).syllables if found is None else found
