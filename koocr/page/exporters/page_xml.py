"""PAGE XML 2019-07-15 (Pletschacher and Antonacopoulos, 2010; schema.primaresearch.org): one page a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone

from koocr.layout import Block, Page, PageLine, Quad
from koocr.page.exporters.elements import attribute, content, polygon, words_of

_SCHEMA = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="{_SCHEMA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{_SCHEMA} {_SCHEMA}/pagecontent.xsd">
<Metadata><Creator>koocr</Creator><Created>{{now}}</Created><LastChange>{{now}}</LastChange></Metadata>
"""


def begin(source: str) -> str:
    """The head of the document."""
    return _HEAD.format(now=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


def page(page: Page, index: int, source: str) -> str:
    """The page; its order of reading is that of its blocks."""
    resolution = f' imageXResolution="{page.dpi:g}" imageYResolution="{page.dpi:g}"' if page.dpi else ""
    unit = ' imageResolutionUnit="PPI"' if page.dpi else ""
    size = f'imageWidth="{page.width}" imageHeight="{page.height}"{resolution}{unit}'
    language = 'primaryLanguage="Korean" primaryScript="Hang - Hangul"'
    lines = [f"<Page imageFilename={attribute(source)} {size} {language}>"]
    if page.blocks:
        lines.append('<ReadingOrder><OrderedGroup id="order">')
        lines += [
            f'<RegionRefIndexed index="{number}" regionRef="block_{number + 1}"/>'
            for number in range(len(page.blocks))
        ]
        lines.append("</OrderedGroup></ReadingOrder>")
    for number, block in enumerate(page.blocks, 1):
        lines += _block(block, page, str(number))
    return "\n".join([*lines, "</Page>\n"])


def end() -> str:
    """The foot of the document."""
    return "</PcGts>\n"


def _block(block: Block, page: Page, number: str) -> Iterator[str]:
    angle = _orientation(block.lines[0].quad) if block.lines else 0.0
    turned = f' orientation="{angle:.2f}"' if abs(angle) >= 0.05 else ""
    yield f'<TextRegion id="block_{number}"{turned}>{_coords(block.quad, page)}'
    for count, line in enumerate(block.lines, 1):
        yield from _line(line, page, f"{number}_{count}")
    yield f"{_text(block.text)}</TextRegion>"


def _line(line: PageLine, page: Page, number: str) -> Iterator[str]:
    yield f'<TextLine id="line_{number}">{_coords(line.quad, page)}'
    for count, word in enumerate(words_of(line), 1):
        yield (
            f'<Word id="word_{number}_{count}">{_coords(word.quad, page)}'
            f"{_text(word.text, word.confidence)}</Word>"
        )
    yield f"{_text(line.text, line.confidence)}</TextLine>"


def _coords(quad: Quad, page: Page) -> str:
    return f'<Coords points="{" ".join(f"{x},{y}" for x, y in polygon(quad, page))}"/>'


def _text(text: str, confidence: float | None = None) -> str:
    sure = "" if confidence is None else f' conf="{min(max(confidence, 0.0), 1.0):.4f}"'
    return f"<TextEquiv{sure}><Unicode>{content(text)}</Unicode></TextEquiv>"


def _orientation(quad: Quad) -> float:
    """Degrees that text must be turned clockwise to stand upright, in (-180, 180), as the schema has it."""
    (x0, y0), (x1, y1) = quad[0], quad[1]
    angle = -math.degrees(math.atan2(y1 - y0, x1 - x0))
    return min(max(angle, -179.99), 180.0)
