"""Endless drawn pages: page i is a function of the seed and i alone.

The way of a page: a kind lays out a `Sheet` on a `Desk`; `painting` makes a picture of it and says where each
text is; `scans` and `photos` do to both what happens to paper.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

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
from koocr.data.synthesis.pages.sheet import Sheet
from koocr.data.synthesis.pages.taken import Taken
from koocr.data.synthesis.pages.types import TypePool
from koocr.data.text import LineText
from koocr.errors import ConfigError

__all__ = ["DrawnPage", "PageStream", "PageUnit"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

CONDITIONS = ("clean", "scanned", "photographed")
_SHEETS_MM = (
    ((210, 297), 0.55),
    ((182, 257), 0.2),
    ((148, 210), 0.1),
    ((297, 210), 0.08),
    ((216, 279), 0.07),
)
_SHAPES_MM = {"receipt": (58, 82), "chat": (65, 75)}  # widths of what is no sheet of paper
_SCREENS = ("chat", "slide", "sign", "clutter")  # nobody stamps these
_MM = 25.4  # of an inch


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

    def page(self, index: int) -> DrawnPage:
        """Page number `index`, from 0."""
        rng = np.random.default_rng([self._seed, index])
        kind = _one_of(rng, {item.name: getattr(self._settings.kinds, item.name)
                             for item in fields(self._settings.kinds)})  # fmt: skip
        condition = _one_of(rng, {name: getattr(self._settings, name) for name in CONDITIONS})
        dpi = _dpi(rng, self._settings)
        sheet = _sheet(rng, kind, dpi, self._settings, is_screen=condition != "scanned")
        desk = Desk(sheet, rng, pool=self._pool, text=self._text, dpi=dpi,
                    columns=self._settings.columns, is_print=self._settings.is_print)  # fmt: skip
        if rng.random() < self._settings.stamped and kind not in _SCREENS:
            stamp(desk)
        kind = KINDS[kind](desk)
        image, quads, runs = paint(sheet)
        taken = Taken(image, quads, np.arange(len(runs)), np.zeros(len(runs), bool))
        if condition != "clean":
            take = scan if condition == "scanned" else photograph
            taken = take(taken, rng, self._settings, self._textures, desk.body.size_px)
        kept = taken.inside()
        units = tuple(
            PageUnit(kept.quads[place], runs[number].text, runs[number].block, bool(kept.is_ignored[place]))
            for place, number in enumerate(kept.numbers.tolist())
        )
        return DrawnPage(kept.image, units, kind, dpi, condition)


def _one_of(rng: np.random.Generator, shares: dict[str, float]) -> str:
    values = np.array(list(shares.values()), float)
    if not values.sum() > 0 or (values < 0).any():
        raise ConfigError(f"the shares {shares} don't say what to draw; give one of them a positive number")
    return list(shares)[int(rng.choice(len(values), p=values / values.sum()))]


def _dpi(rng: np.random.Generator, settings: PageSettings) -> float:
    shares = np.array([share for _, _, share in settings.dpi])
    low, high, _ = settings.dpi[int(rng.choice(len(shares), p=shares / shares.sum()))]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _sheet(
    rng: np.random.Generator, kind: str, dpi: float, settings: PageSettings, *, is_screen: bool
) -> Sheet:
    """A blank sheet: mostly white or nearly, with black ink or nearly."""
    shares = [share for _, share in _SHEETS_MM]
    sides = _SHEETS_MM[int(rng.choice(len(shares), p=shares))][0]
    if kind == "slide":
        sides = (254, 143) if rng.random() < 0.6 else (254, 190)
    elif kind in _SHAPES_MM:
        width_mm = float(rng.uniform(*_SHAPES_MM[kind]))
        sides = (width_mm, width_mm * float(rng.uniform(1.4, 2.2)))
    width, height = (side / _MM * dpi for side in sides)
    cut = min(1.0, (settings.most_pixels / (width * height)) ** 0.5)
    ground, ink = float(rng.uniform(225, 255)), float(rng.uniform(0, 70))
    if rng.random() < 0.5:
        ground, ink = 255.0, 0.0
    elif rng.random() < 0.2:
        ground, ink = float(rng.uniform(150, 230)), float(rng.uniform(0, 60))
    if is_screen and rng.random() < settings.dark:
        ground, ink = 255 - ground, 255 - ink
    return Sheet(round(width * cut), round(height * cut), ground, ink)
