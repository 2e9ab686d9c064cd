"""Exam sheets: two columns with a rule between, numbered questions, choices, passages in boxes."""

from __future__ import annotations

from koocr.data.synthesis.pages.blocks import boxed, text_setting
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import figure
from koocr.data.synthesis.pages.flow import ASCENT, fitted, line, paragraph
from koocr.data.synthesis.pages.marking import underline_words
from koocr.data.synthesis.pages.sheet import Area, Rect

__all__ = ["exam"]

_CIRCLED = "①②③④⑤"
_SUBJECTS = ("국어 영역", "수학 영역", "영어 영역", "한국사 영역", "사회탐구 영역", "과학탐구 영역")
_LEAST_GAP = 1.8  # ems between choices that stand side by side


def exam(desk: Desk) -> str:
    """Lays out a page of an exam."""
    sheet, em = desk.sheet, desk.body.size_px
    columns = 2 if sheet.width > 26 * em else 1
    across = desk.between(0.04, 0.09) * sheet.width
    area = Rect(across, desk.between(0.04, 0.08) * sheet.height, sheet.width - across, 0.92 * sheet.height)
    area = area._replace(top=_head(desk, area))
    number, gap = desk.count(1, 40), desk.between(1.5, 3.5) * em
    width = (area.width - gap * (columns - 1)) / columns
    for place in range(columns):
        left = area.left + place * (width + gap)
        number = _column(desk, Rect(left, area.top, left + width, area.bottom), number)
    if columns == 2 and desk.chance(0.8):
        x = area.left + width + gap / 2
        sheet.rule([(x, area.top), (x, area.bottom)], width=max(1, round(desk.px(0.5))))
    _foot(desk, area)
    return "exam"


def _head(desk: Desk, area: Rect) -> float:
    """The subject in the middle, with a number at one side, and a rule below."""
    em, middle = desk.body.size_px, (area.left + area.right) / 2
    big = desk.type(desk.between(1.6, 2.6), is_bold=desk.chance(0.6), is_heading=True)
    row = area.top + big.size_px
    parts = [(desk.any_of(_SUBJECTS), middle, "center")]
    if desk.chance(0.5):
        parts.append((str(desk.count(1, 20)), area.right, "right"))
    if desk.chance(0.4):
        parts.insert(0, (f"제 {desk.count(1, 5)} 교시", area.left, "left"))
    for text, x, align in parts:
        line(desk, text, x, row, big if align == "center" else desk.body, align=align)
    row += 0.7 * em
    desk.sheet.rule([(area.left, row), (area.right, row)], width=max(1, round(desk.px(desk.between(0.5, 2)))))
    return row + em


def _foot(desk: Desk, area: Rect) -> None:
    em, middle = desk.body.size_px, (area.left + area.right) / 2
    if desk.chance(0.7):
        row, number = area.bottom + 1.8 * em, desk.count(1, 20)
        text = desk.any_of((str(number), f"{number} / 20", f"- {number} -"))
        rect = line(desk, text, middle, row, desk.body, align="center")
        if desk.chance(0.4):
            frame = rect.inset(-0.6 * em, -0.2 * em)
            desk.sheet.marks.append(Area(frame, frame=desk.sheet.ink, width=max(1, round(desk.px(0.5)))))


def _column(desk: Desk, rect: Rect, number: int) -> int:
    """Questions from top to bottom; returns the number of the next one."""
    em, top = desk.body.size_px, rect.top
    while rect.bottom - top > 6 * em:
        below = _question(desk, rect._replace(top=top), number)
        if below <= top:
            break
        top, number = below + desk.between(0.8, 3.5) * em, number + 1
    return number


def _question(desk: Desk, rect: Rect, number: int) -> float:
    top = rect.top
    if desk.chance(0.15):
        text = f"[{number}~{number + desk.count(1, 3)}] 다음 글을 읽고 물음에 답하시오."
        top = paragraph(desk, text, rect, text_setting(desk, first=0.0)) + 0.4 * desk.body.size_px
        top = (boxed if desk.chance(0.6) else _passage)(desk, rect._replace(top=top))
    first = len(desk.sheet.runs)
    ending = desk.any_of(("은?", "것은?", "고르시오.", "서술하시오.", "옳은 것은?"))
    points = desk.any_of(("", "", f" [{desk.count(2, 4)}점]"))
    text = f"{number}. {desk.say(desk.count(14, 60))} {ending}{points}"
    hang = desk.body.width(f"{number}. ") if desk.chance(0.7) else 0.0
    below = paragraph(desk, text, rect._replace(top=top), text_setting(desk, first=0.0, rest=hang))
    if below <= top:
        return top
    if desk.chance(0.4):
        underline_words(desk, first)
    top, inner = below, rect._replace(left=rect.left + hang)
    if desk.chance(0.25):
        top = boxed(desk, inner._replace(top=top + 0.4 * desk.body.size_px))
    elif desk.chance(0.12):
        top = figure(desk, inner._replace(top=top))
    return _choices(desk, inner._replace(top=top + 0.3 * desk.body.size_px))


def _passage(desk: Desk, rect: Rect) -> float:
    first = len(desk.sheet.runs)
    below = paragraph(desk, desk.say(desk.count(60, 300)), rect, text_setting(desk))
    underline_words(desk, first)
    return below


def _choices(desk: Desk, rect: Rect) -> float:
    """Five choices: one below the other, side by side, or two rows of them; each is a block."""
    per_row = (1, 1, 2, 3, 5)[desk.count(0, 4)]
    em, step = desk.body.size_px, desk.look.line_height * desk.body.size_px
    width = rect.width / per_row
    if width < 5 * em:
        per_row, width = 1, rect.width
    if per_row == 1:
        return _choices_below(desk, rect)
    top = rect.top
    gap = desk.any_of(("", " "))
    for place, sign in enumerate(_CIRCLED):
        column = place % per_row
        if place and not column:
            top += step
        if top + em > rect.bottom:
            return top
        text = f"{sign}{gap}" + desk.short(max(1, int(width / em) - 4), kinds=("sentences", "syllables"))
        text = fitted(text, desk.body, width - _LEAST_GAP * em)
        line(desk, text, rect.left + column * width, top + ASCENT * em, desk.body)
    return top + step


def _choices_below(desk: Desk, rect: Rect) -> float:
    top, is_long = rect.top, desk.chance(0.4)
    for sign in _CIRCLED:
        text = f"{sign} {desk.say(desk.count(16, 45) if is_long else desk.count(2, 16))}"
        hang = desk.body.width(f"{sign} ")
        below = paragraph(desk, text, rect._replace(top=top), text_setting(desk, first=0.0, rest=hang))
        if below <= top:
            break
        top = below
    return top
