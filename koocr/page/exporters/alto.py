"""ALTO 4 (https://www.loc.gov/standards/alto/): blocks, lines and words with their places in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from koocr.layout import Block, Page, PageLine, Quad
from koocr.page.exporters.elements import attribute, bounds, content, polygon, words_of

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# https://www.loc.gov/standards/alto/v4/alto-4-2.xsd">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation><fileName>{source}</fileName></sourceImageInformation>
<Processing ID="koocr">
<processingSoftware><softwareName>koocr</softwareName></processingSoftware>
</Processing>
</Description>
<Layout>
"""


def begin(source: str) -> str:
    """The head of the document."""
    return _HEAD.format(source=content(source))


def page(page: Page, index: int, source: str) -> str:
    """One Page; its blocks all lie in the print space."""
    place = f'HPOS="0" VPOS="0" WIDTH="{page.width}" HEIGHT="{page.height}"'
    name = f"page_{index + 1}"
    lines = [
        f'<Page ID="{name}" PHYSICAL_IMG_NR="{page.number}" WIDTH="{page.width}" HEIGHT="{page.height}">',
        f'<PrintSpace ID="{name}_space" {place}>',
    ]
    for number, block in enumerate(page.blocks, 1):
        lines += _block(block, page, f"{index + 1}_{number}")
    return "\n".join([*lines, "</PrintSpace>", "</Page>\n"])


def end() -> str:
    """The foot of the document."""
    return "</Layout>\n</alto>\n"


def _block(block: Block, page: Page, number: str) -> Iterator[str]:
    if not block.lines:  # a block without lines is none in ALTO
        return
    yield f'<TextBlock ID="block_{number}" LANG="ko" {_place(block.quad, page)}{_rotation(block)}>'
    yield _shape(block.quad, page)
    for count, line in enumerate(block.lines, 1):
        yield from _line(line, page, f"{number}_{count}")
    yield "</TextBlock>"


def _line(line: PageLine, page: Page, number: str) -> Iterator[str]:
    yield f'<TextLine ID="line_{number}" {_place(line.quad, page)}>'
    yield _shape(line.quad, page)
    before = ""
    for count, word in enumerate(words_of(line), 1):
        if before:
            yield before
        yield (
            f'<String ID="word_{number}_{count}" {_place(word.quad, page)} WC="{word.confidence:.4f}" '
            f"CONTENT={attribute(word.text)}>{_shape(word.quad, page)}</String>"
        )
        before = "<SP/>"
    yield "</TextLine>"


def _place(quad: Quad, page: Page) -> str:
    left, top, right, bottom = bounds(quad, page)
    return f'HPOS="{left}" VPOS="{top}" WIDTH="{right - left}" HEIGHT="{bottom - top}"'


def _shape(quad: Quad, page: Page) -> str:
    points = " ".join(f"{x},{y}" for x, y in polygon(quad, page))
    return f'<Shape><Polygon POINTS="{points}"/></Shape>'


def _rotation(block: Block) -> str:
    """Degrees that its text is turned counter-clockwise."""
    (x0, y0), (x1, y1) = block.lines[0].quad[0], block.lines[0].quad[1]
    angle = -math.degrees(math.atan2(y1 - y0, x1 - x0))
    return f' ROTATION="{angle:.2f}"' if abs(angle) >= 0.05 else ""
