"""Documents in columns: headings, paragraphs, lists, boxes and perhaps pictures, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from koocr.data.synthesis.pages.blocks import boxed, heading, listing, running_heads, text_block, title
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import figure
from koocr.data.synthesis.pages.sheet import Line, Rect
from koocr.data.synthesis.pages.tables import contents, table

__all__ = ["document", "illustrated"]

Maker = Callable[[Desk, Rect], float]

_DOCUMENT: Mapping[Maker, float] = {
    text_block: 0.62, listing: 0.15, heading: 0.13, boxed: 0.05, figure: 0.02, table: 0.02, contents: 0.01
}  # fmt: skip
_ILLUSTRATED: Mapping[Maker, float] = {
    text_block: 0.4,
    figure: 0.4,
    heading: 0.1,
    table: 0.06,
    contents: 0.04,
}
_LEAST_ROOM = 5  # ems: in less nothing but text is begun


def document(desk: Desk) -> str:
    """Lays out a document; the number of columns is one of the desk's."""
    return f"document-{_columns(desk, _DOCUMENT)}"


def illustrated(desk: Desk) -> str:
    """Lays out a document with pictures, tables and lists of contents."""
    _columns(desk, _ILLUSTRATED)
    return "illustrated"


def _columns(desk: Desk, makers: Mapping[Maker, float]) -> int:
    """Fills the sheet; returns in how many columns."""
    sheet, em = desk.sheet, desk.body.size_px
    columns = desk.columns[int(desk.rng.integers(len(desk.columns)))]
    columns = min(columns, max(1, int(sheet.width / (em * 14)))) if len(desk.columns) > 1 else columns
    across, down = desk.between(0.04, 0.13) * sheet.width, desk.between(0.04, 0.11) * sheet.height
    area = Rect(0, 0, sheet.width, sheet.height).inset(across, down)
    area = Rect(area.left, area.top + 1.5 * em, area.right, area.bottom - 1.5 * em)
    finish = running_heads(desk, area)
    if desk.chance(0.6):
        area = area._replace(top=title(desk, area))
    if desk.look.hand.klass == "handwriting" and desk.chance(0.4):
        _rule_paper(desk, area)
    _bands(desk, area, columns, makers)
    finish()
    return columns


def _bands(desk: Desk, area: Rect, columns: int, makers: Mapping[Maker, float]) -> None:
    """Columns from top to bottom, or cut by headings that reach across them."""
    em, top = desk.body.size_px, area.top
    cuts = desk.count(1, 2) if columns > 1 and desk.chance(0.3) else 0
    gap = em * desk.between(1.3, 3.5)
    has_rules = columns > 1 and desk.chance(0.3)
    for left in range(cuts, -1, -1):
        bottom = area.bottom if not left else top + (area.bottom - top) / (left + 1)
        band = Rect(area.left, top, area.right, bottom)
        for column in _side_by_side(desk, band, columns, gap=gap, has_rules=has_rules):
            _fill(desk, column, makers)
        if left:
            top = heading(desk, Rect(area.left, bottom + em, area.right, area.bottom), level=0)


def _rule_paper(desk: Desk, area: Rect) -> None:
    """The rules of a notebook, about as far apart as the lines."""
    step = desk.look.line_height * desk.body.size_px
    tone, thin = (
        desk.sheet.ground + (desk.sheet.ink - desk.sheet.ground) * desk.between(0.2, 0.6),
        max(1, round(desk.px(0.4))),
    )
    y = area.top + 1.05 * desk.body.size_px
    while y < area.bottom:
        desk.sheet.marks.append(Line(((area.left, y), (area.right, y)), tone, thin))
        y += step


def _side_by_side(desk: Desk, band: Rect, columns: int, *, gap: float, has_rules: bool) -> list[Rect]:
    """Columns of one height, but that the last is perhaps not filled."""
    width = (band.width - gap * (columns - 1)) / columns
    found = []
    for place in range(columns):
        left = band.left + place * (width + gap)
        is_last = place == columns - 1
        share = desk.between(0.5, 1.0) if is_last and desk.chance(0.4) else 1.0
        found.append(Rect(left, band.top, left + width, band.top + share * band.height))
        if has_rules and not is_last:
            x = round(left + width + gap / 2)
            desk.sheet.rule([(x, band.top), (x, band.bottom)], width=max(1, round(desk.px(0.5))))
    return found


def _fill(desk: Desk, column: Rect, makers: Mapping[Maker, float]) -> None:
    """Fills a column from its top to its bottom."""
    em, top, choices = desk.body.size_px, column.top, list(makers)
    shares = [share / sum(makers.values()) for share in makers.values()]
    while column.bottom - top > 1.2 * em:
        maker = choices[int(desk.rng.choice(len(choices), p=shares))]
        is_short = column.bottom - top < _LEAST_ROOM * em
        below = (text_block if is_short else maker)(desk, column._replace(top=top))
        if below <= top:
            below = text_block(desk, column._replace(top=top))
        if below <= top:
            break
        top = below + desk.look.paragraph_gap * em
