"""Measured pages for tests, and a reader that knows what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from koocr.layout import Block, Page, PageLine
from tests.page.made_pages import drawn_page, upright

TEXTS = (
    ("동해물과 백두산이 마르고 닳도록", "하느님이 보우하사 우리나라 만세"),
    ("남산 위에 저 소나무 철갑을 두른 듯", "바람 서리 불변함은 우리 기상일세"),
)
DPI = 150


def write_pdfs(folder: Path, *, num_pages: int = 3) -> Path:
    """A PDF of pictures, `pdf_lines.tsv`, and a last page without Korean."""
    images, rows = [], ["pdf\tpage\tx0\ty0\tx1\ty1\ttext"]
    for number in range(num_pages + 1):
        texts = (("plain words",),) if number == num_pages else (*TEXTS, (f"쪽 {number}",))
        image, page = drawn_page(texts, size=(900, 1200))
        images.append(image)
        for line in page.lines:
            (x0, y0), _, (x1, y1), _ = line.quad
            box = "\t".join(f"{72 / DPI * side:.2f}" for side in (x0, y0, x1, y1))
            rows.append(f"made.pdf\t{number}\t{box}\t{line.text}")
    folder.mkdir(parents=True, exist_ok=True)
    images[0].save(folder / "made.pdf", save_all=True, append_images=images[1:], resolution=DPI)
    (folder / "pdf_lines.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def write_scans(folder: Path) -> Path:
    """A picture with its text, and one without."""
    folder.mkdir(parents=True, exist_ok=True)
    image, page = drawn_page(TEXTS)
    image.save(folder / "scan.png")
    Image.new("L", (9, 9)).save(folder / "other.png")
    (folder / "scan.txt").write_text("\n".join(line.text for line in page.lines), encoding="utf-8")
    return folder


class Known:
    """The pages of groups by their pictures; they are made as far as somebody asks for them."""

    def __init__(self, groups) -> None:
        self._pages = {}
        self._rest = (group.page(number) for group in groups for number in range(group.num_pages))

    def of(self, image: np.ndarray):
        while image.tobytes() not in self._pages:
            page = next(self._rest)
            self._pages[page.image.tobytes()] = page
        return self._pages[image.tobytes()]


class Knowing:
    """Reads pages that it knows: everything right, or with a sign for the first letter of each page."""

    def __init__(self, known: Known, *, is_right: bool = True) -> None:
        self.known, self.is_right = known, is_right

    def read(self, image: np.ndarray, *, dpi: float | None = None) -> Page:
        height, width = image.shape
        page = self.known.of(image)
        rows = page.lines or [(upright(0, 0, 9, 9), text) for text in page.text.split("\n")]
        texts = [text for _, text in rows]
        if not self.is_right:
            texts[0] = "#" + texts[0][1:]
        blocks = []
        for (quad, _), text in zip(rows, texts, strict=True):
            place = tuple((float(x), float(y)) for x, y in np.asarray(quad))
            blocks.append(Block(place, (PageLine(text, 0.9, place),)))
        return Page(1, width, height, 0.0, dpi, tuple(blocks))
