"""Endless drawn pages: page i is a function of the seed and i alone.

The way of a page: a kind lays out a `Sheet` on a `Desk`; `painting` makes a picture of it and says where each
text is; `scans` and `photos` do to both what happens to paper.
"""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import stamp
from koocr.data.synthesis.pages.kinds import KINDS
from koocr.data.synthesis.pages.painting import paint
from koocr.data.synthesis.pages.photos import photograph
from koocr.data.synthesis.pages.scans import scan
from koocr.data.synthesis.pages.settings import PageSettings
from koocr.data.synthesis.pages.sheet import Run
from koocr.data.synthesis.pages.sizes import blank_sheet
from koocr.data.synthesis.pages.taken import Taken, cut_out
from koocr.data.synthesis.pages.types import TypePool
from koocr.data.text import LineText
from koocr.errors import ConfigError

__all__ = ["DrawnPage", "PageStream", "PageUnit"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_FINER = {
    "chat": (1.5, 3.0),
    "receipt": (1.0, 2.0),
    "screen": (0.8, 1.1),
}  # screens of phones, and what is held close to them
_SCREENS = ("chat", "screen", "slide", "sign")  # nobody stamps or scans these


@dataclass(frozen=True)
class PageUnit:
    """A piece of a line that is read as one: lines are cut at wide gaps.

    Attributes:
        quad: (4, 2) float32, around the ink; top left, top right, bottom right, bottom left of the text.
        text: what it says.
        block: number of the paragraph, heading or cell that it belongs to.
        is_ignored: whether it can't be asked for: most of it lies outside the picture.
    """

    quad: FloatArray
    text: str
    block: int
    is_ignored: bool = False


@dataclass(frozen=True)
class DrawnPage:
    """A page.

    Attributes:
        image: (H, W) uint8 grey.
        units: in the order of reading.
        kind: what it is, as "document-2" (two columns) or "receipt".
        dpi: pixels per inch of the sheet that it was laid out on.
        condition: "clean", "scanned" or "photographed".
    """

    image: UInt8Array
    units: tuple[PageUnit, ...]
    kind: str
    dpi: float
    condition: str = "clean"


class PageStream:
    """Drawn pages.

    Args:
        pool: faces and writers.
        text: what is said.
        settings: how.
        seed: another seed, other pages.
    """

    def __init__(
        self, pool: TypePool, text: LineText, *, settings: PageSettings | None = None, seed: int = 0
    ) -> None:
        self._pool, self._text = pool, text
        self._settings = settings or PageSettings()
        self._seed = seed
        self._textures = Textures(seed)

    def with_settings(self, settings: PageSettings) -> PageStream:
        """A stream of the same seed from the same faces and texts, which are not loaded again."""
        other = copy(self)
        other._settings = settings
        return other

    def page(self, index: int) -> DrawnPage:
        """Page number `index`, from 0."""
        rng = np.random.default_rng([self._seed, index])
        settings = self._settings
        name = _one_of(rng, asdict(settings.kinds))
        condition = _condition(rng, name, settings)
        dpi = _dpi(rng, name, settings)
        sheet = blank_sheet(rng, name, dpi, settings, is_screen=condition != "scanned")
        desk = Desk(sheet, rng, pool=self._pool, text=self._text, dpi=dpi, columns=settings.columns,
                    is_print=settings.is_print)  # fmt: skip
        kind = KINDS[name](desk)
        if rng.random() < settings.stamped and name not in _SCREENS:
            stamp(desk)
        image, quads, runs = paint(sheet)
        page = Taken(image, quads, np.arange(len(runs)), np.zeros(len(runs), bool))
        if rng.random() < settings.cut:
            page = cut_out(page, rng)
        page = self._taken(page, rng, condition, desk.body.size_px, is_scene=name == "sign")
        return DrawnPage(page.image, _units(page, runs), kind, dpi, condition)

    def _taken(
        self, page: Taken, rng: np.random.Generator, condition: str, em_px: float, *, is_scene: bool
    ) -> Taken:
        """What the reader gets to see of a page."""
        settings = self._settings
        if condition == "scanned":
            page = scan(page, rng, settings.scan, self._textures, em_px)
        elif condition == "photographed":
            how = replace(settings.photo, cropped=1.0) if is_scene else settings.photo
            page = photograph(page, rng, how, self._textures, em_px)
        return page.inside()


def _units(page: Taken, runs: list[Run]) -> tuple[PageUnit, ...]:
    rows = zip(page.quads, page.numbers.tolist(), page.is_ignored.tolist(), strict=True)
    return tuple(
        PageUnit(quad, runs[number].text, runs[number].block, ignored) for quad, number, ignored in rows
    )


def _condition(rng: np.random.Generator, kind: str, settings: PageSettings) -> str:
    shares = {
        "clean": settings.clean_share,
        "scanned": settings.scan_share * (kind not in _SCREENS),
        "photographed": settings.photo_share,
    }
    return _one_of(rng, shares) if any(shares.values()) else "scanned"


def _one_of(rng: np.random.Generator, shares: dict[str, float]) -> str:
    values = np.array(list(shares.values()), float)
    if not values.sum() > 0 or (values < 0).any():
        raise ConfigError(f"the shares {shares} don't say what to draw; give one of them a positive number")
    return list(shares)[int(rng.choice(len(values), p=values / values.sum()))]


def _dpi(rng: np.random.Generator, kind: str, settings: PageSettings) -> float:
    low, high, _ = settings.dpi[
        int(_one_of(rng, {str(n): share for n, (*_, share) in enumerate(settings.dpi)}))
    ]
    dpi = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return dpi * float(rng.uniform(*_FINER[kind])) if kind in _FINER and low < high else dpi
