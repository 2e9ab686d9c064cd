"""Screens of programs and web pages: a bar with a menu, a column of entries, cards, buttons."""

from __future__ import annotations

from koocr.data.synthesis.pages.blocks import text_block
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import lay_picture
from koocr.data.synthesis.pages.flow import ASCENT, DESCENT, Setting, fitted, line, paragraph
from koocr.data.synthesis.pages.sheet import Area, Rect

__all__ = ["screen"]

_BUTTONS = (
    "확인",
    "취소",
    "검색",
    "로그인",
    "회원가입",
    "저장",
    "다음",
    "이전",
    "더보기",
    "장바구니",
    "구매하기",
)
_LEAST_GAP = 1.8  # ems between entries of a menu


def screen(desk: Desk) -> str:
    """Lays out a web page or the window of a program."""
    sheet, em = desk.sheet, desk.body.size_px
    if desk.chance(0.3):
        sheet.ground, sheet.ink = desk.between(15, 60), desk.between(200, 255)
    side = desk.between(0.02, 0.06) * sheet.width
    area = Rect(side, 0.0, sheet.width - side, sheet.height - em)
    top = _menu(desk, area)
    if desk.chance(0.4) and sheet.width > 35 * em:
        left = area.left + _entries(desk, area._replace(top=top + em, right=area.left + 9 * em)) + 2 * em
        area = area._replace(left=left)
    top += desk.between(0.8, 2) * em
    while area.bottom - top > 7 * em:
        maker = (_cards, _cards, _text, _buttons)[desk.count(0, 3)]
        below = maker(desk, area._replace(top=top))
        if below <= top:
            break
        top = below + desk.between(0.8, 2.5) * em
    return "screen"


def _tinted(desk: Desk, low: float, high: float) -> float:
    return desk.sheet.ground + (desk.sheet.ink - desk.sheet.ground) * desk.between(low, high)


def _menu(desk: Desk, area: Rect) -> float:
    """The bar above: a name and what can be chosen; returns the row below."""
    em, sheet = desk.body.size_px, desk.sheet
    height, is_dark = desk.between(2.2, 4) * em, desk.chance(0.4)
    fill, ink = (_tinted(desk, 0.6, 1.0), sheet.ground) if is_dark else (_tinted(desk, 0.0, 0.1), sheet.ink)
    sheet.marks.append(Area(Rect(0, 0, sheet.width, height), fill=fill))
    if desk.chance(0.5):
        sheet.rule([(0, height), (sheet.width, height)])
    big, baseline = desk.type(1.3, is_bold=desk.chance(0.7)), height / 2 + 0.38 * em
    x = line(desk, desk.short(6, kinds=("syllables",)), area.left, baseline, big, tone=ink).right
    x += desk.between(3, 6) * em
    for _ in range(desk.count(1, 7)):
        text = desk.short(6, kinds=("syllables", "sentences"))
        if x + desk.body.width(text) > area.right:
            break
        x = line(desk, text, x, baseline, desk.body, tone=ink).right + desk.between(_LEAST_GAP, 4) * em
    return height


def _entries(desk: Desk, rect: Rect) -> float:
    """A column of entries; returns its width."""
    em, top, step = desk.body.size_px, rect.top, desk.between(1.7, 2.6) * desk.body.size_px
    for _ in range(desk.count(4, 16)):
        if top + step > rect.bottom:
            break
        text = fitted(desk.short(10, kinds=("syllables", "sentences")), desk.body, rect.width)
        line(desk, text, rect.left, top + ASCENT * em, desk.body)
        top += step
    return rect.width


def _text(desk: Desk, rect: Rect) -> float:
    """A heading and a paragraph."""
    big = desk.type(desk.between(1.2, 2), is_bold=True, is_heading=True)
    setting = Setting(big, 1.35 * big.size_px, "left")
    below = paragraph(desk, desk.say(desk.count(5, 25), is_heading=True), rect, setting)
    return text_block(desk, rect._replace(top=below)) if below > rect.top else below


def _buttons(desk: Desk, rect: Rect) -> float:
    """Buttons side by side, the words in their middle."""
    em, sheet, x = desk.body.size_px, desk.sheet, rect.left
    height, radius = desk.between(1.9, 3) * em, desk.between(0, 1) * em
    for _ in range(desk.count(1, 4)):
        text = desk.any_of(_BUTTONS)
        width = desk.body.width(text) + desk.between(1.8, 5) * em
        if x + width > rect.right:
            break
        is_full = desk.chance(0.5)
        fill, ink = (_tinted(desk, 0.5, 1.0), sheet.ground) if is_full else (None, sheet.ink)
        button = Rect(x, rect.top, x + width, rect.top + height)
        sheet.marks.append(Area(button, fill, None if is_full else ink, max(1, round(desk.px(0.6))), radius))
        line(
            desk, text, x + width / 2, rect.top + height / 2 + 0.37 * em, desk.body, align="center", tone=ink
        )
        x += width + desk.between(0.6, 2) * em
    return rect.top + height


def _cards(desk: Desk, rect: Rect) -> float:
    """Cards in a row: a picture, a title, a few words, perhaps a price; each is read as a whole."""
    em, gap = desk.body.size_px, desk.between(1.5, 2.5) * desk.body.size_px
    count = max(1, min(desk.count(1, 5), int(rect.width / (9 * em))))
    width, has_frame = (rect.width - gap * (count - 1)) / count, desk.chance(0.5)
    height = min(desk.between(0.4, 1.0) * width, 0.4 * rect.height)
    bottom = min(rect.bottom, rect.top + height + 7 * em)
    pad = 0.6 * em if has_frame else 0.0
    for place in range(count):
        left = rect.left + place * (width + gap)
        card = Rect(left, rect.top, left + width, bottom)
        if has_frame:
            frame = Area(card, frame=_tinted(desk, 0.2, 0.6), radius=0.4 * em * desk.chance(0.5))
            desk.sheet.marks.append(frame)
        inner = card.inset(pad)
        lay_picture(desk, inner._replace(bottom=rect.top + height), "photo" if desk.chance(0.8) else None)
        _words(desk, inner._replace(top=rect.top + height + 0.5 * em))
    return bottom


def _words(desk: Desk, rect: Rect) -> None:
    em = desk.body.size_px
    strong = desk.type(1.0, is_bold=True)
    top = paragraph(
        desk, desk.short(18), rect._replace(bottom=rect.top + 2.6 * em), Setting(strong, 1.3 * em, "left")
    )
    price = 1.5 * em * desk.chance(0.5)
    small = desk.type(0.85)
    room = rect._replace(top=top + 0.2 * em, bottom=rect.bottom - price)
    paragraph(
        desk,
        desk.say(desk.count(8, 40)),
        room,
        Setting(small, 1.35 * small.size_px, "left", tone=_tinted(desk, 0.5, 1)),
    )
    if price:
        text = fitted(f"{desk.count(1, 990) * 100:,}원", strong, rect.width)
        line(desk, text, rect.left, rect.bottom - (0.1 + DESCENT) * em, strong)
