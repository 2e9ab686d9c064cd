"""hOCR 1.2 (Breuel and Baierer, http://kba.github.io/hocr-spec/1.2/): XHTML with the places in titles."""

from __future__ import annotations

import math
from collections.abc import Iterator

from koocr.layout import Block, Page, PageLine, Quad
from koocr.page.exporters.elements import attribute, bounds, content, words_of

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ko" lang="ko">
<head>
<title>{title}</title>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<meta name="ocr-system" content="koocr"/>
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_poly ocrp_wconf"/>
<meta name="ocr-langs" content="ko"/>
</head>
<body>
"""


def begin(source: str) -> str:
    """The head of the document."""
    return _HEAD.format(title=content(source))


def page(page: Page, index: int, source: str) -> str:
    """One ocr_page."""
    number = index + 1
    title = f"bbox 0 0 {page.width} {page.height}; ppageno {index}"
    if page.dpi:
        title += f"; scan_res {page.dpi:.0f} {page.dpi:.0f}"
    lines = [f'<div class="ocr_page" id="page_{number}" title={attribute(title)}>']
    for count, block in enumerate(page.blocks, 1):
        lines += _block(block, page, f"{number}_{count}")
    return "\n".join([*lines, "</div>\n"])


def end() -> str:
    """The foot of the document."""
    return "</body>\n</html>\n"


def _block(block: Block, page: Page, number: str) -> Iterator[str]:
    title = attribute(_bbox(block.quad, page))
    yield f'<div class="ocr_carea" id="block_{number}" title={title}>'
    yield f'<p class="ocr_par" id="par_{number}" lang="ko" title={title}>'
    for count, line in enumerate(block.lines, 1):
        yield from _line(line, page, f"{number}_{count}")
    yield "</p>\n</div>"


def _line(line: PageLine, page: Page, number: str) -> Iterator[str]:
    title = f"{_bbox(line.quad, page)}; {_poly(line.quad)}"
    angle = _textangle(line.quad)
    if abs(angle) >= 0.05:
        title += f"; textangle {angle:.1f}"
    yield f'<span class="ocr_line" id="line_{number}" title={attribute(title)}>'
    words = []
    for count, word in enumerate(words_of(line), 1):
        told = f"{_bbox(word.quad, page)}; x_wconf {100 * word.confidence:.0f}; {_poly(word.quad)}"
        words.append(
            f'<span class="ocrx_word" id="word_{number}_{count}" title={attribute(told)}>'
            f"{content(word.text)}</span>"
        )
    yield " ".join(words) + "</span>"


def _bbox(quad: Quad, page: Page) -> str:
    return "bbox {} {} {} {}".format(*bounds(quad, page))


def _poly(quad: Quad) -> str:
    return "poly " + " ".join(f"{max(0.0, value):.0f}" for corner in quad for value in corner)


def _textangle(quad: Quad) -> float:
    """Degrees that the text is turned counter-clockwise (hOCR 1.2, section 5.1)."""
    (x0, y0), (x1, y1) = quad[0], quad[1]
    return -math.degrees(math.atan2(y1 - y0, x1 - x0))
