"""What documents are made of: paragraphs, lists, boxes, headings, titles, and what stands above and below.

Each takes the rectangle that is left of a column and returns the row where what follows may begin: the top of
the rectangle, where there was no room.
"""

from __future__ import annotations

from collections.abc import Callable

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.flow import ASCENT, Setting, line, paragraph
from koocr.data.synthesis.pages.marking import highlight_words, underline_words
from koocr.data.synthesis.pages.sheet import Area, Rect

__all__ = ["boxed", "heading", "listing", "running_heads", "text_block", "text_setting", "title"]

_BULLETS = ("•", "-", "·", "○", "●", "■", "□", "▶", "※", "◆", "*")
_NUMBERS = ("{}.", "{})", "({})", "{}. ", "제{}항")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_LETTERS = "가나다라마바사아자차"
_HEADINGS = ("{}. ", "제{}장 ", "제{}조 ", "{}) ", "[{}] ", "", "", "", "")


def text_setting(desk: Desk, *, first: float | None = None, rest: float = 0.0) -> Setting:
    """How the page's paragraphs are set; the indents in pixels, None: the page's own."""
    look, em = desk.look, desk.body.size_px
    return Setting(
        type=desk.body,
        line_px=look.line_height * em,
        align="justify" if look.is_justified else "left",
        breaks_words=look.breaks_words,
        first=look.indent * em if first is None else first,
        rest=rest,
    )


def text_block(desk: Desk, rect: Rect) -> float:
    """A paragraph, some words of which may be marked."""
    first = len(desk.sheet.runs)
    below = paragraph(desk, desk.say(desk.count(30, 320)), rect, text_setting(desk))
    if desk.look.is_marked and desk.chance(0.4):
        underline_words(desk, first) if desk.chance(0.6) else highlight_words(desk, first)
    return below


def listing(desk: Desk, rect: Rect) -> float:
    """A list with hanging indents: the mark belongs to the first line of its item."""
    em, top = desk.body.size_px, rect.top
    form, left = desk.count(0, 3), rect.left + desk.between(0, 2) * em
    bullet, number = desk.any_of(_BULLETS), desk.any_of(_NUMBERS)
    for place in range(desk.count(2, 6)):
        mark = (bullet, number.format(place + 1), _CIRCLED[place], _LETTERS[place] + ".")[form]
        text = f"{mark.strip()} {desk.say(desk.count(10, 90))}"
        hang = desk.body.width(mark.strip() + " ")
        setting = text_setting(desk, first=0.0, rest=hang)
        below = paragraph(desk, text, Rect(left, top, rect.right, rect.bottom), setting)
        if below <= top:
            break
        top = below
    return top


def boxed(desk: Desk, rect: Rect) -> float:
    """A framed or shaded passage, perhaps with 보기 on its frame."""
    em, sheet = desk.body.size_px, desk.sheet
    pad = desk.between(0.6, 1.4) * em
    if rect.height < 6 * em:
        return text_block(desk, rect)
    first_mark, head = len(sheet.marks), desk.chance(0.3)
    inner = rect.inset(pad)
    top = inner.top
    if head:
        word = desk.any_of(("<보기>", "보 기", "[보기]", "참고", "<조건>", "[자료]"))
        middle = rect.left + rect.width / 2
        top = line(desk, word, middle, top + ASCENT * em, desk.body, align="center").bottom + 0.4 * em
    bottom = paragraph(desk, desk.say(desk.count(30, 200)), inner._replace(top=top), text_setting(desk))
    bottom += pad - (desk.look.line_height - 1) * em
    fill = sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.03, 0.2) if desk.chance(0.3) else None
    frame = sheet.ink if fill is None or desk.chance(0.4) else None
    area = Area(rect._replace(bottom=bottom), fill, frame, max(1, round(desk.px(0.7))))
    sheet.marks.insert(first_mark, area)
    return bottom + 0.6 * em


def heading(desk: Desk, rect: Rect, *, level: int | None = None) -> float:
    """A heading of one or two lines, of level 0 (large) or 1; None: either."""
    type_ = desk.heading_type(desk.count(0, 1) if level is None else level)
    em = type_.size_px
    text = desk.any_of(_HEADINGS).format(desk.count(1, 9)) + desk.say(desk.count(4, 18), is_heading=True)
    setting = Setting(type_, desk.between(1.2, 1.6) * em, "center" if desk.look.is_centred else "left")
    top = rect.top + desk.between(0.2, 0.8) * em
    below = paragraph(desk, text, rect._replace(top=top), setting)
    return rect.top if below <= top else below + desk.between(0, 0.5) * em


def title(desk: Desk, area: Rect) -> float:
    """The title of a document, perhaps with a line of names below it."""
    type_ = desk.type(desk.between(1.6, 2.8), is_bold=desk.chance(0.5), is_heading=True)
    align = "center" if desk.chance(0.7) else "left"
    setting = Setting(type_, 1.4 * type_.size_px, align)
    top = paragraph(desk, desk.say(desk.count(6, 24), is_heading=True), area, setting)
    if desk.chance(0.4):
        small = Setting(desk.body, 1.5 * desk.body.size_px, align)
        top = paragraph(desk, desk.short(24, kinds=("forms",)), area._replace(top=top), small)
    if desk.chance(0.25):
        desk.sheet.rule([(area.left, top), (area.right, top)], width=max(1, round(desk.px(1))))
    return top + desk.between(0.5, 2) * desk.body.size_px


def running_heads(desk: Desk, area: Rect) -> Callable[[], None]:
    """Sets what stands above the text, and returns what sets the foot, which is read last."""
    small, em = desk.type(desk.between(0.7, 0.95)), desk.body.size_px
    number, middle = str(desk.count(1, 400)), (area.left + area.right) / 2
    if desk.chance(0.35):
        row = area.top - 1.2 * em
        line(desk, desk.short(16), area.left, row, small)
        if desk.chance(0.5):
            line(desk, number, area.right, row, small, align="right")
        if desk.chance(0.4):
            desk.sheet.rule([(area.left, row + 0.5 * em), (area.right, row + 0.5 * em)])
    shape = desk.any_of(("{}", "- {} -", "{}쪽", "{}", "{} / 400", "p. {}"))
    has_foot, place = desk.chance(0.6), desk.count(0, 2)

    def foot() -> None:
        if not has_foot:
            return
        x = (area.left, middle, area.right)[place]
        align = ("left", "center", "right")[place]
        line(desk, shape.format(number), x, area.bottom + 1.6 * em, small, align=align)

    return foot
