"""From the scores of a line's frames to a `Line`: text, places, confidences, alternatives and their jamo."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.charset import Charset
from koocr.document import Candidate, JamoScore, Line, LineCharacter
from koocr.errors import ConfigError
from koocr.hangul import (
    FINALS,
    INITIALS,
    MEDIALS,
    is_jamo,
    is_syllable,
    split_index,
    syllable_index,
)
from koocr.line.beam import BeamSettings, Hypothesis, Prior, beam_search, check_count
from koocr.line.confidence import Alternatives, alternatives
from koocr.line.decode import PlacedSymbol, best_path, place_symbols, text_log_probability
from koocr.line.lookalikes import Lookalikes
from koocr.line.scores import FactorisedScores, FrameScores, IntArray
from koocr.line.spelling import unspell

__all__ = ["DecoderSettings", "LineDecoder", "edges"]

_FREE = frozenset(" _@" + string.digits + string.ascii_letters)
"""What is read from the picture alone: spaces, numbers, addresses."""
_JAMO = (INITIALS, MEDIALS, FINALS)
_Marginals = Sequence[Sequence[Sequence[float]]]


@dataclass(frozen=True)
class DecoderSettings:
    """How lines are decoded.

    Attributes:
        num_candidates: for each character; 1 or more.
        beam: how to search; None for the best path, which is found in a sixteenth of the time (0.24 ms
            against 3.8 ms, 200 frames).
        is_spelled: the network's symbols are jamo, see `koocr.line.spelling`; such lines get no alternatives.
    """

    num_candidates: int = 5
    beam: BeamSettings | None = None
    is_spelled: bool = False

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        check_count("num_candidates", self.num_candidates)
        if not isinstance(self.beam, BeamSettings | None):
            raise ConfigError(f"beam is {self.beam!r}; give BeamSettings, or None")


class LineDecoder:
    """Makes lines of scores.

    Args:
        charset: the symbols of the network's ids; of factorised outputs, all 11,172 syllables come first.
        settings: how.
        prior: of texts, for the beam search; its symbols are the network's.

    Raises:
        ConfigError: there is a prior, and no beam search to use it.
    """

    def __init__(
        self, charset: Charset, settings: DecoderSettings | None = None, *, prior: Prior | None = None
    ) -> None:
        self._charset = charset
        self._settings = settings or DecoderSettings()
        self._prior = prior
        if prior is not None and self._settings.beam is None:
            raise ConfigError("a prior needs a beam search; give beam settings with a prior_weight above 0")
        free = (number for number, symbol in enumerate(charset.symbols) if symbol in _FREE)
        self._unweighed = frozenset(free)
        self._lookalikes = Lookalikes(charset.symbols)
        syllables = [number for number, symbol in enumerate(charset.symbols) if is_syllable(symbol)]
        indices = [syllable_index(charset.symbols[number]) for number in syllables]
        self._syllables = np.array(syllables, np.int64)
        self._parts: tuple[IntArray, ...] = split_index(np.array(indices, np.int64))

    def read(self, scores: FrameScores) -> tuple[PlacedSymbol, ...]:
        """The symbols of a line, as the network spells, by best path or by beam search."""
        return self._read(scores)[0]

    def _read(self, scores: FrameScores) -> tuple[tuple[PlacedSymbol, ...], float]:
        """The symbols of a line, and the logarithm of their probability."""
        if self._settings.beam is None:
            symbols = best_path(scores)
            return symbols, text_log_probability(scores, [symbol.id for symbol in symbols])
        best = self._search(scores, self._settings.beam)[0]
        return place_symbols(scores, best.ids), best.log_probability

    def _search(self, scores: FrameScores, beam: BeamSettings) -> list[Hypothesis]:
        """A prior has no say in spaces, digits and Latin: texts say little of them, or are careless."""
        if self._prior is None:
            return beam_search(scores, beam)
        return beam_search(
            scores, beam, prior=self._prior, unweighed=self._unweighed, lookalikes=self._lookalikes
        )

    def line(
        self, scores: FrameScores, *, scale: float = 1.0, offset: float = 0.0, width: float = math.inf
    ) -> Line:
        """Reads one line.

        Args:
            scores: of its frames, those of the padding left out.
            scale: pixels of the line image per frame.
            offset: pixel of the line image where the first frame begins; below 0 where ground was added.
            width: of the line image: no character reaches beyond it.
        """
        symbols, log_probability = self._read(scores)
        return self._line(scores, symbols, log_probability, (scale, offset, width))

    def hypotheses(
        self,
        scores: FrameScores,
        n: int,
        *,
        scale: float = 1.0,
        offset: float = 0.0,
        width: float = math.inf,
    ) -> list[Line]:
        """Up to n different readings of a line, best first, by beam search, whatever `read` does.

        Args:
            scores: of its frames, those of the padding left out.
            n: at least 1.
            scale: see `line`.
            offset: see `line`.
            width: see `line`.

        Raises:
            ConfigError: n is no whole number of at least 1.
        """
        check_count("n", n)
        beam = self._settings.beam or BeamSettings()
        beam = replace(beam, width=max(beam.width, 2 * n), margin=math.inf)
        lines: dict[str, Line] = {}
        for found in self._search(scores, beam):
            symbols = place_symbols(scores, found.ids)
            line = self._line(scores, symbols, found.log_probability, (scale, offset, width))
            lines.setdefault(line.text, line)  # a spare space or two, and the text is the same
            if len(lines) == n:
                break
        return list(lines.values())

    def _line(
        self,
        scores: FrameScores,
        symbols: tuple[PlacedSymbol, ...],
        log_probability: float,
        where: tuple[float, float, float],
    ) -> Line:
        """What symbols say, and how surely; `where`: scale, offset and width, see `line`."""
        scale, offset, width = where
        if self._settings.is_spelled:
            symbols, marginals = unspell(symbols), None
            found = _certain(symbols)
        else:
            found = alternatives(scores, symbols, n=self._settings.num_candidates)
            peaks = np.array([symbol.peak for symbol in symbols], np.int64)
            marginals = [_probabilities(part) for part in self._marginals(scores, peaks)]
        confidence = _probabilities(found.confidence)
        candidates = self._candidates(found, marginals)
        kept = self._without_spare_spaces(symbols)
        bounds = edges([symbols[number] for number in kept], len(scores)) * scale + offset
        bounds = np.clip(bounds, 0.0, width)
        characters = tuple(
            LineCharacter(
                self._charset.symbols[symbols[number].id],
                confidence[number],
                start,
                stop,
                candidates[number],
            )
            for number, (start, stop) in zip(kept, bounds.tolist(), strict=True)
        )
        text = "".join(character.text for character in characters)
        return Line(text, min(1.0, math.exp(log_probability)), characters)

    def _without_spare_spaces(self, symbols: Sequence[PlacedSymbol]) -> list[int]:
        """The places of a reading, but for spaces at the ends and behind other spaces."""
        kept: list[int] = []
        for place, symbol in enumerate(symbols):
            if not self._is_space(symbol) or (kept and not self._is_space(symbols[kept[-1]])):
                kept.append(place)
        return kept[:-1] if kept and self._is_space(symbols[kept[-1]]) else kept

    def _is_space(self, symbol: PlacedSymbol) -> bool:
        return self._charset.symbols[symbol.id] == " "

    def _candidates(self, found: Alternatives, marginals: _Marginals | None) -> list[tuple[Candidate, ...]]:
        """What each place may be."""
        symbols = self._charset.symbols
        rows = zip(found.ids.tolist(), _probabilities(found.probabilities), strict=True)
        candidates: list[tuple[Candidate, ...]] = []
        for place, (ids, shares) in enumerate(rows):
            jamo = _PlaceJamo([marginal[place] for marginal in marginals or ()])
            found_here = zip(ids, shares, strict=True)
            candidates.append(
                tuple(
                    Candidate(symbols[id_], share, jamo.scores(symbols[id_], share))
                    for id_, share in found_here
                )
            )
        return candidates

    def _marginals(self, scores: FrameScores, peaks: IntArray) -> Sequence[NDArray[np.floating]]:
        """Probabilities of each jamo in its place, given a syllable: (L, 19), (L, 21), (L, 28)."""
        if isinstance(scores, FactorisedScores):
            return scores.jamo(peaks)
        shares = np.exp(scores.at(peaks[:, None], self._syllables[None]).astype(np.float64))
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
        sums = [np.zeros((len(letters), len(peaks))) for letters in _JAMO]
        for total, part in zip(sums, self._parts, strict=True):
            np.add.at(total, part, shares.T)
        return [total.T for total in sums]


def edges(symbols: Sequence[PlacedSymbol], num_frames: int) -> NDArray[np.float64]:
    """(L, 2) where symbols begin and end, in frames.

    A network marks a symbol in a frame or two, somewhere in its middle. Neighbours meet half-way between
    their marks; the first and the last reach as far outwards as inwards; a lone symbol has the whole line.
    """
    if not symbols:
        return np.zeros((0, 2))
    starts = np.array([symbol.start for symbol in symbols], np.float64)
    stops = np.array([symbol.stop for symbol in symbols], np.float64)
    if len(symbols) == 1:
        return np.array([[0.0, num_frames]])
    inner = (stops[:-1] + starts[1:]) / 2
    first = max(0.0, starts[0] - (inner[0] - stops[0]))
    last = min(float(num_frames), stops[-1] + (starts[-1] - inner[-1]))
    bounds = np.concatenate([[first], inner, [last]])
    return np.stack([bounds[:-1], bounds[1:]], axis=1)


def _certain(symbols: Sequence[PlacedSymbol]) -> Alternatives:
    """What was read as the only alternative, with the probabilities of its marks."""
    shares = np.exp([symbol.log_probability for symbol in symbols])
    ids = np.array([symbol.id for symbol in symbols], np.int64)
    return Alternatives(shares, ids[:, None], shares[:, None])


class _PlaceJamo:
    """The jamo that one place of a line may hold; alternatives share most of theirs.

    Args:
        marginals: probabilities of each initial, medial and final; empty where they aren't known.
    """

    def __init__(self, marginals: Sequence[Sequence[float]]) -> None:
        self._marginals = marginals
        self._known: dict[tuple[int, int], JamoScore] = {}

    def scores(self, text: str, probability: float) -> tuple[JamoScore, ...]:
        """Those of an alternative of this probability."""
        if is_jamo(text):
            return (JamoScore(text, probability),)
        if not self._marginals or not is_syllable(text):
            return ()
        return tuple(map(self._score, range(len(_JAMO)), split_index(syllable_index(text))))

    def _score(self, which: int, part: int) -> JamoScore:
        found = self._known.get((which, part))
        if found is None:
            found = JamoScore(_JAMO[which][part], self._marginals[which][part])
            self._known[which, part] = found
        return found


def _probabilities(values: NDArray[np.floating]) -> Any:
    """Plain numbers in [0, 1]: sums of rounded terms may lie a little above."""
    return np.clip(values.astype(np.float64), 0.0, 1.0).tolist()
