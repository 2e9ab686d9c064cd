"""Receipts: narrow, with dotted separators and the amounts at the right."""

from __future__ import annotations

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import lay_picture
from koocr.data.synthesis.pages.flow import fitted, line
from koocr.data.synthesis.pages.sheet import Rect

__all__ = ["receipt"]

_TOTALS = (
    "합계",
    "과세물품가액",
    "부가세",
    "결제금액",
    "받을금액",
    "거스름돈",
    "신용카드",
    "할인금액",
    "총 구매액",
    "현금",
)
_FACTS = (
    "사업자번호: {}",
    "TEL: {}",
    "대표자: {}",
    "카드번호: {}",
    "승인번호: {}",
    "거래일시: {}",
    "POS: {}",
)


def receipt(desk: Desk) -> str:
    """Lays out a receipt over the whole sheet."""
    sheet, em = desk.sheet, desk.body.size_px
    side = desk.between(0.04, 0.1) * sheet.width
    area = Rect(side, 1.5 * em, sheet.width - side, sheet.height - em)
    top = _head(desk, area)
    top = _separator(desk, area, top)
    top = _items(desk, area, top)
    top = _separator(desk, area, top)
    top = _totals(desk, area, top)
    top = _separator(desk, area, top)
    _foot(desk, area, top)
    return "receipt"


def _step(desk: Desk) -> float:
    return min(desk.look.line_height, 1.7) * desk.body.size_px


def _head(desk: Desk, area: Rect) -> float:
    """The shop, large, and lines about it."""
    big = desk.type(desk.between(1.3, 2), is_bold=desk.chance(0.5), is_heading=True)
    middle, top = (area.left + area.right) / 2, area.top + big.size_px
    name = fitted(desk.say(8, kinds=("sentences", "syllables"), is_heading=True), big, area.width)
    line(desk, name, middle, top, big, align="center")
    top += 1.2 * _step(desk)
    for _ in range(desk.count(2, 5)):
        value = desk.short(14, kinds=("forms",))
        text = desk.any_of(_FACTS).format(value) if desk.chance(0.7) else desk.short(22, kinds=("forms",))
        line(desk, fitted(text, desk.body, area.width), area.left, top, desk.body)
        top += _step(desk)
    return top


def _separator(desk: Desk, area: Rect, top: float) -> float:
    """Dots, dashes or a rule between parts."""
    em = desk.body.size_px
    y = top - 0.3 * em
    dash = (0.0, 0.12 * em, 0.35 * em)[desk.count(0, 2)]
    desk.sheet.rule([(area.left, y), (area.right, y)], width=max(1, round(0.07 * em)), dash=dash)
    return top + 0.7 * _step(desk)


def _items(desk: Desk, area: Rect, top: float) -> float:
    """Names, counts and prices in columns; a long name stands above its numbers."""
    em, body, ends = desk.body.size_px, desk.body, (area.left + 0.66 * area.width, area.right)
    if desk.chance(0.7):
        for text, x, align in (
            ("상품명", area.left, "left"),
            ("수량", ends[0], "right"),
            ("금액", ends[1], "right"),
        ):
            line(desk, text, x, top, body, align=align)
        top = _separator(desk, area, top + _step(desk))
    for _ in range(desk.count(2, 12)):
        if top > area.bottom - 14 * em:
            break
        count, price = desk.count(1, 9), f"{desk.count(1, 990) * 100:,}"
        is_long = desk.chance(0.2)
        room = area.width if is_long else ends[0] - area.left - 4 * em
        line(desk, fitted(desk.short(18, kinds=("sentences", "syllables")), body, room), area.left, top, body)
        top += _step(desk) * is_long
        line(desk, str(count), ends[0], top, body, align="right")
        line(desk, price, ends[1], top, body, align="right")
        top += _step(desk)
    return top


def _totals(desk: Desk, area: Rect, top: float) -> float:
    for place in range(desk.count(2, 5)):
        if top > area.bottom - 4 * desk.body.size_px:
            break
        is_big = place == 0 and desk.chance(0.5)
        type_ = desk.type(1.4, is_bold=True) if is_big else desk.body
        top += 0.3 * type_.size_px * is_big
        line(desk, desk.any_of(_TOTALS), area.left, top, type_)
        amount = f"{desk.count(1, 9900) * 10:,}" + desk.any_of(("", "원"))
        line(desk, amount, area.right, top, type_, align="right")
        top += _step(desk) * (1.3 if is_big else 1)
    return top


def _foot(desk: Desk, area: Rect, top: float) -> None:
    middle = (area.left + area.right) / 2
    for _ in range(desk.count(0, 3)):
        if top < area.bottom:
            text = fitted(desk.short(24, kinds=("sentences", "forms")), desk.body, area.width)
            line(desk, text, middle, top, desk.body, align="center")
            top += _step(desk)
    room = area.bottom - top
    if room > 4 * desk.body.size_px and desk.chance(0.5):
        height = min(room, 0.2 * area.width)
        lay_picture(
            desk, Rect(area.left, top, area.right, top + height).inset(0.1 * area.width, 0), "barcode"
        )
