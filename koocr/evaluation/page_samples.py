"""Pages to measure on: real scans whose text is known, drawn pages, and what scanners and phones do to pages.

Every page is a function of its group, its number and a seed, and is made when it is asked for: a run holds
one at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.pages import DrawnPage, PageSettings
from koocr.data.synthesis.pages.photos import photograph
from koocr.data.synthesis.pages.scans import scan
from koocr.data.synthesis.pages.settings import PhotoSettings, ScanSettings
from koocr.data.synthesis.pages.sources import page_stream
from koocr.data.synthesis.pages.taken import Taken
from koocr.errors import DataError
from koocr.evaluation.page_lines import PlacedText
from koocr.image import GreyImage, load_image
from koocr.polygon import Quads

__all__ = [
    "COLUMNS",
    "CONDITIONS",
    "PHOTOGRAPHED",
    "SCANNED",
    "SCANS",
    "MeasuredPage",
    "PageGroup",
    "drawn_group",
    "drawn_groups",
    "drawn_name",
    "scan_group",
    "taken_group",
]

SCANS, SCANNED, PHOTOGRAPHED = "scans", "scanned", "photographed"
COLUMNS = (1, 2, 3)
CONDITIONS = ("clean", SCANNED, PHOTOGRAPHED)

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
# What can't be asked for, or nobody knows the text of, is left out: the edge of the page beside, cut lines.
_SCAN, _PHOTO = ScanSettings(neighbour=0.0), PhotoSettings(cropped=0.0)


@dataclass(frozen=True)
class MeasuredPage:
    """A page and what it says.

    Attributes:
        name: what it is, in its group.
        image: (H, W) uint8.
        text: all of it, in the order of reading.
        lines: each line's quad and text, in the true order; None where only the text is known.
        ignored: quads of what can't be asked for.
        dpi: pixels per inch, where known.
    """

    name: str
    image: GreyImage = field(repr=False)
    text: str
    lines: tuple[PlacedText, ...] | None = None
    ignored: tuple[Quads, ...] = ()
    dpi: float | None = None


@dataclass(frozen=True)
class PageGroup:
    """Pages that are measured together.

    Attributes:
        name: of the group.
        about: one sentence on what they are.
        num_pages: how many.
        page: makes page i, from 0.
    """

    name: str
    about: str
    num_pages: int
    page: Callable[[int], MeasuredPage]


def scan_group(folder: Path) -> PageGroup:
    """The pictures of a folder that have a text file of the same name beside them: the text line by line.

    Raises:
        DataError: there are none.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    files = [path for path in files if path.with_suffix(".txt").is_file()]
    if not files:
        raise DataError(
            "no picture has a text of the same name beside it, as scan.jpg and scan.txt", file=folder
        )

    def page(number: int) -> MeasuredPage:
        path = files[number]
        try:
            text = path.with_suffix(".txt").read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(
                "the text is not UTF-8; save it as UTF-8", file=path.with_suffix(".txt")
            ) from error
        return MeasuredPage(path.name, load_image(path), text)

    return PageGroup(SCANS, "Real scans, their text typed by hand.", len(files), page)


def drawn_groups(
    fonts: Path, text: Path, *, split: str = "test", num_pages: int = 10, seed: int = 0
) -> list[PageGroup]:
    """Drawn documents of one, two and three columns; as a program renders them, scanned, and photographed.

    Args:
        fonts: folder of faces.
        text: folder of texts.
        split: of both.
        num_pages: of each group.
        seed: another seed, other pages.

    Raises:
        DataError: a file is missing or damaged, or there is no face of the split.
        MissingDependencyError: Faker is not installed.
    """
    makers = {
        "clean": PageSettings.clean,
        SCANNED: PageSettings.scanned,
        PHOTOGRAPHED: PageSettings.photographed,
    }
    stream = page_stream(fonts, text, split=split, seed=seed)
    groups = []
    for condition in CONDITIONS:
        for columns in COLUMNS:
            settings = replace(makers[condition](columns=columns), scan=_SCAN, photo=_PHOTO)
            pages = stream.with_settings(settings)
            groups.append(drawn_group(condition, columns, num_pages, pages.page))
    return groups


def drawn_group(condition: str, columns: int, num_pages: int, draw: Callable[[int], DrawnPage]) -> PageGroup:
    """The pages of a stream as a group."""
    name = drawn_name(condition, columns)
    return PageGroup(
        name,
        f"Drawn documents, faces and texts of which none was trained on; {condition}, 150 dpi.",
        num_pages,
        lambda number: _measured(f"{name}, {number + 1}", draw(number)),
    )


def drawn_name(condition: str, columns: int) -> str:
    """The name of a group of drawn pages, such as "drawn, 2 columns, scanned"."""
    return f"drawn, {columns} column{'s' * (columns > 1)}, {condition}"


def _measured(name: str, page: DrawnPage) -> MeasuredPage:
    lines: list[PlacedText] = [(unit.quad, unit.text) for unit in page.units if not unit.is_ignored]
    ignored = tuple(unit.quad for unit in page.units if unit.is_ignored)
    return MeasuredPage(
        name, page.image, "\n".join(text for _, text in lines), tuple(lines), ignored, page.dpi
    )


def taken_group(group: PageGroup, how: str, *, seed: int = 0) -> PageGroup:
    """The same pages printed and scanned, or photographed: drawn, with their lines moved along.

    Lines that mostly leave the picture, as where a scan lies askew, are ignored and no part of the text.

    Args:
        group: of pages whose lines are known.
        how: `SCANNED` or `PHOTOGRAPHED`.
        seed: another seed, other faults.
    """
    textures = Textures(seed)

    def page(number: int) -> MeasuredPage:
        rng = np.random.default_rng([seed, zlib.crc32(f"{group.name}, {how}".encode()), number])
        return _taken(group.page(number), how, rng, textures)

    word = "Printed and scanned" if how == SCANNED else "Photographed"
    return PageGroup(f"{group.name}, {how}", f"{word}, drawn: {group.about}", group.num_pages, page)


def _taken(page: MeasuredPage, how: str, rng: np.random.Generator, textures: Textures) -> MeasuredPage:
    texts = [text for _, text in page.lines or ()]
    quads = np.array([quad for quad, _ in page.lines or ()], np.float32).reshape(-1, 4, 2)
    flat = Taken(page.image, quads, np.arange(len(quads)), np.zeros(len(quads), bool))
    heights = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    em_px = float(np.median(heights)) if len(heights) else 20.0
    if how == SCANNED:
        seen = scan(flat, rng, _SCAN, textures, em_px).inside()
    else:
        seen = photograph(flat, rng, _PHOTO, textures, em_px).inside()
    rows = list(zip(seen.quads, seen.numbers.tolist(), seen.is_ignored.tolist(), strict=True))
    lines: tuple[PlacedText, ...] = tuple((quad, texts[number]) for quad, number, lost in rows if not lost)
    ignored = tuple(quad for quad, _, lost in rows if lost)
    text = "\n".join(text for _, text in lines)
    return MeasuredPage(f"{page.name}, {how}", seen.image, text, lines, ignored, page.dpi)
