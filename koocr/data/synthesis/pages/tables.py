"""Tables and forms: what stands in cells is read row by row, each cell a block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from koocr.data.synthesis.pages.blocks import heading, running_heads, text_block, title
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.flow import ASCENT, DESCENT, Setting, fitted, line, paragraph
from koocr.data.synthesis.pages.sheet import Area, Rect
from koocr.data.synthesis.pages.types import Type

__all__ = ["contents", "form", "table", "table_page"]

_LABELS = (
    *("성명", "생년월일", "주소", "연락처", "전화번호", "소속", "직위", "신청일", "용도", "금액", "계좌번호"),
    *(
        "예금주",
        "이메일",
        "비고",
        "담당자",
        "상호",
        "대표자",
        "업태",
        "종목",
        "학교명",
        "학년",
        "신청인",
        "보호자",
    ),
    *("관계", "수량", "단가", "합계", "품명", "규격", "기간", "장소", "구분", "번호"),
)
_CHOICES = (
    ("□ 예", "□ 아니오"),
    ("□ 남", "□ 여"),
    ("☑ 동의함", "□ 동의하지 않음"),
    ("□ 신규", "□ 변경", "□ 해지"),
)
_LEAST_GAP = 1.8  # ems between what stands in neighbouring cells without a rule


def table_page(desk: Desk) -> str:
    """A page with one to three tables, and headings or paragraphs between them."""
    area, finish = _page_area(desk)
    top = area.top
    for _ in range(desk.count(1, 3)):
        if area.bottom - top < 12 * desk.body.size_px:
            break
        before = heading if desk.chance(0.6) else text_block
        if desk.chance(0.7):
            top = before(desk, area._replace(top=top, bottom=min(area.bottom, top + 8 * desk.body.size_px)))
        top = table(desk, area._replace(top=top)) + desk.between(0.5, 2) * desk.body.size_px
    finish()
    return "table"


def _page_area(desk: Desk) -> tuple[Rect, Callable[[], None]]:
    """What is left of the sheet below heads and title, and what sets the foot."""
    sheet, em = desk.sheet, desk.body.size_px
    area = Rect(0, 0, sheet.width, sheet.height).inset(
        desk.between(0.05, 0.12) * sheet.width, desk.between(0.05, 0.1) * sheet.height
    )
    finish = running_heads(desk, area)
    if desk.chance(0.6):
        area = area._replace(top=title(desk, area))
    return area._replace(bottom=area.bottom - em), finish


def table(desk: Desk, rect: Rect) -> float:
    """A table as wide as a rectangle; returns the row below it."""
    type_ = desk.type(desk.between(0.85, 1.0))
    columns = max(2, min(desk.count(2, 7), int(rect.width / (6.5 * type_.size_px))))
    widths = desk.rng.uniform(0.75, 1.5, columns)
    edges = rect.left + np.concatenate([[0], np.cumsum(widths / widths.sum())]) * rect.width
    style = desk.any_of(("grid", "grid", "grid", "rows", "rows", "ends", "none"))
    aligns = [desk.any_of(("center", "left", "right")) for _ in range(columns)]
    rows = [rect.top + desk.between(0.3, 1) * type_.size_px]
    pad = desk.between(0.25, 0.9) * type_.size_px
    has_head = desk.chance(0.75)
    for place in range(desk.count(2, 14)):
        top = rows[-1]
        if top + 2 * pad + 1.2 * type_.size_px > rect.bottom:
            break
        cells = [Rect(left, top, right, rect.bottom) for left, right in pairwise(edges)]
        is_head = has_head and not place
        first_mark = len(desk.sheet.marks)
        rows.append(_row(desk, cells, type_, aligns, pad=pad, is_head=is_head, is_ruled=style == "grid"))
        if is_head and desk.chance(0.5):
            desk.sheet.marks.insert(first_mark, _shade(desk, Rect(rect.left, top, rect.right, rows[-1])))
    _rule_grid(desk, rows, edges.tolist(), style)
    return rows[-1]


def _row(
    desk: Desk, cells: Sequence[Rect], type_: Type, aligns: Sequence[str],
    *, pad: float, is_head: bool, is_ruled: bool,
) -> float:  # fmt: skip
    """Sets the cells of a row; returns its bottom, which the highest cell decides."""
    em, bottoms = type_.size_px, []
    side = (desk.between(0.35, 0.8) if is_ruled else _LEAST_GAP / 2) * em
    for cell, align in zip(cells, aligns, strict=True):
        inner = Rect(cell.left + side, cell.top + pad, cell.right - side, cell.bottom - pad)
        if desk.chance(0.08) and not is_head:
            continue
        text = cell_text(desk, inner.width / em, is_head=is_head)
        setting = Setting(type_, 1.35 * em, "center" if is_head else align)
        bottoms.append(paragraph(desk, text, inner, setting) - 0.35 * em)
    low = cells[0].top + pad + (ASCENT + DESCENT) * em
    return max([low, *bottoms]) + pad


def cell_text(desk: Desk, ems: float, *, is_head: bool) -> str:
    """What a cell that is so many ems wide says; now and then more than one line."""
    most = max(2, int(ems))
    if is_head:
        return desk.any_of(_LABELS) if desk.chance(0.6) else desk.short(min(8, most))
    roll = desk.between(0, 1)
    if roll < 0.35:
        return _number(desk)
    if roll < 0.85 or ems < 6:
        return desk.short(min(most, 14), kinds=("sentences", "forms", "syllables"))
    return desk.short(3 * most, kinds=("sentences",))


def _number(desk: Desk) -> str:
    """What stands in columns of numbers."""
    shapes = ("{:,}", "{}.5%", "{}", "{},000", "△{}", "{:,}원", "-", "○")
    return desk.any_of(shapes).format(int(10 ** desk.between(0, 3.5)))


def _shade(desk: Desk, rect: Rect) -> Area:
    sheet = desk.sheet
    return Area(rect, fill=sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.04, 0.25))


def _rule_grid(desk: Desk, rows: Sequence[float], edges: Sequence[float], style: str) -> None:
    """Rules around all cells, between rows, above and below the table, or none."""
    if style == "none" or len(rows) < 2:
        return
    sheet, thin = desk.sheet, max(1, round(desk.px(0.4)))
    dash = desk.px(2) if desk.chance(0.1) else 0.0
    open_sides = desk.chance(0.3)
    for place, y in enumerate(rows):
        is_end = place in (0, len(rows) - 1)
        if style != "ends" or is_end or place == 1:
            thick = 2 * thin if is_end else thin
            sheet.rule([(edges[0], y), (edges[-1], y)], width=thick, dash=0 if is_end else dash)
    for x in (edges[1:-1] if open_sides else edges) if style == "grid" else ():
        sheet.rule([(x, rows[0]), (x, rows[-1])], width=thin)


def _grid(desk: Desk, rect: Rect, *, columns: int) -> float:
    """Rows of names and values in ruled cells, the names shaded or not; returns the row below."""
    em, sheet = desk.body.size_px, desk.sheet
    height, thin = desk.between(1.9, 3.2) * em, max(1, round(desk.px(0.5)))
    top, share = rect.top, desk.between(0.25, 0.4)
    width, is_shaded = rect.width / columns, desk.chance(0.5)
    pen = desk.filler()
    for _ in range(desk.count(2, 7)):
        if top + height > rect.bottom:
            break
        for place in range(columns):
            left = rect.left + place * width
            middle = left + share * width
            name = Rect(left, top, middle, top + height)
            sheet.marks.append(_shade(desk, name) if is_shaded else Area(name))
            sheet.marks.append(Area(Rect(left, top, left + width, top + height), frame=sheet.ink, width=thin))
            sheet.rule([(middle, top), (middle, top + height)], width=thin)
            baseline = top + height / 2 + 0.36 * em
            line(desk, fitted(desk.any_of(_LABELS), desk.body, name.width - 0.6 * em), (left + middle) / 2,
                 baseline, desk.body, align="center")  # fmt: skip
            if desk.chance(0.75):
                value = fitted(desk.short(20, kinds=("forms",)), pen, width - name.width - em)
                line(desk, value, middle + 0.5 * em, baseline, pen)
        top += height
    return top


def form(desk: Desk) -> str:
    """A form: a title, cells with names and values, ruled fields, boxes to tick, a date and a signature."""
    area, finish = _page_area(desk)
    em, top = desk.body.size_px, area.top + desk.body.size_px
    for _ in range(desk.count(2, 4)):
        maker = desk.count(0, 3)
        rect = area._replace(top=top)
        if rect.height < 8 * em:
            break
        if maker < 2:
            top = _grid(desk, rect, columns=1 if area.width < 30 * em else desk.count(1, 2))
        elif maker == 2:
            top = _fields(desk, rect)
        else:
            top = _ticks(desk, rect)
        top += desk.between(0.8, 2.5) * em
    if area.bottom - top > 5 * em and desk.chance(0.6):
        date = f"{desk.count(1990, 2026)}년 {desk.count(1, 12)}월 {desk.count(1, 28)}일"
        line(desk, date, (area.left + area.right) / 2, top + 1.5 * em, desk.body, align="center")
        line(desk, "신청인: " + desk.short(4, kinds=("syllables",)) + " (인)", area.right, top + 3.5 * em,
             desk.body, align="right")  # fmt: skip
    finish()
    return "form"


def _fields(desk: Desk, rect: Rect) -> float:
    """Names, each before a rule that something may be written on."""
    em, top = desk.body.size_px, rect.top
    pen, step = desk.filler(), desk.between(1.8, 2.8) * em
    name_px = max(desk.body.width(name) for name in _LABELS[:6]) + _LEAST_GAP * em
    end, is_dotted = rect.left + desk.between(0.5, 1.0) * rect.width, desk.chance(0.3)
    for _ in range(desk.count(2, 6)):
        if top + step > rect.bottom:
            break
        baseline, start = top + step - 0.5 * em, rect.left + name_px
        name = desk.any_of(_LABELS[:6]) + desk.any_of(("", ":", " :"))
        line(desk, name, rect.left, baseline, desk.body)
        y = baseline + 0.3 * em
        desk.sheet.rule(
            [(start - em, y), (end, y)], width=max(1, round(desk.px(0.4))), dash=desk.px(1.5) * is_dotted
        )
        if desk.chance(0.7):
            value = fitted(desk.short(18, kinds=("forms",)), pen, end - start - em)
            line(desk, value, start + 0.3 * em, baseline, pen)
        top += step
    return top


def _ticks(desk: Desk, rect: Rect) -> float:
    """Questions with boxes to tick beside them, wide gaps between."""
    em, top = desk.body.size_px, rect.top
    for place in range(desk.count(1, 5)):
        if top + 2 * em > rect.bottom:
            break
        baseline = top + 1.4 * em
        text = f"{place + 1}. " + fitted(desk.say(14), desk.body, 0.4 * rect.width)
        x = line(desk, text, rect.left, baseline, desk.body).right + desk.between(2, 4) * em
        for choice in _CHOICES[desk.count(0, len(_CHOICES) - 1)]:
            if x + desk.body.width(choice) < rect.right:
                x = line(desk, choice, x, baseline, desk.body).right + desk.between(2, 4) * em
        top += 2.2 * em
    return top


def contents(desk: Desk, rect: Rect) -> float:
    """A list of contents: titles, leader dots, page numbers; returns the row below it."""
    em, top, number = desk.body.size_px, rect.top, 1
    step, dash = min(desk.look.line_height, 1.8) * em, max(1.0, 0.1 * em)
    for place in range(desk.count(3, 10)):
        if top + 1.1 * em > rect.bottom:
            break
        baseline, number = top + ASCENT * em, number + desk.count(1, 20)
        indent = desk.count(0, 1) * 1.2 * em
        text = fitted(f"{place + 1}. {desk.say(desk.count(4, 20))}", desk.body, rect.width - 7 * em)
        left = line(desk, text, rect.left + indent, baseline, desk.body).right + 0.4 * em
        right = line(desk, str(number), rect.right, baseline, desk.body, align="right").left - 0.4 * em
        y = baseline - desk.between(0, 0.3) * em
        if right > left:
            desk.sheet.rule([(left, y), (right, y)], width=max(1, round(0.07 * em)), dash=dash)
        top += step
    return top
