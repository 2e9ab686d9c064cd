"""Screenshots of chats: bubbles left and right, names, times, a bar above and one below."""

from __future__ import annotations

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import lay_picture
from koocr.data.synthesis.pages.flow import ASCENT, DESCENT, break_lines, line
from koocr.data.synthesis.pages.sheet import Area, Rect

__all__ = ["chat"]

_WEEKDAYS = "월화수목금토일"
_PAD = 0.65  # ems of a bubble around its text


def chat(desk: Desk) -> str:
    """Lays out a screen full of messages."""
    sheet, em, is_dark = desk.sheet, desk.body.size_px, desk.chance(0.4)
    sheet.ground, sheet.ink = (desk.between(10, 50), desk.between(215, 255)) if is_dark else (
        desk.between(185, 255), desk.between(0, 50))  # fmt: skip
    tones = _tones(desk, is_dark=is_dark)
    top = _bars_above(desk)
    bottom = sheet.height - 3 * em * desk.chance(0.7)
    is_right = desk.chance(0.5)
    while top < bottom - 4 * em:
        if desk.chance(0.12):
            top = _day(desk, top)
        is_right = is_right if desk.chance(0.4) else not is_right
        below = _message(desk, top, bottom, tones[is_right], is_right=is_right)
        if below <= top:
            break
        top = below + desk.between(0.4, 1.4) * em
    if bottom < sheet.height:
        _bar_below(desk, bottom)
    return "chat"


def _tones(desk: Desk, *, is_dark: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ground and ink of the bubbles at the left and at the right; ink below 0: what is seen best."""
    if is_dark:
        return (desk.between(45, 80), desk.between(215, 255)), (desk.between(70, 235), -1.0)
    return (desk.between(228, 255), desk.between(0, 50)), (desk.between(80, 235), -1.0)


def _bars_above(desk: Desk) -> float:
    """The phone's own bar, and who the talk is with."""
    em, sheet, small = desk.body.size_px, desk.sheet, desk.type(0.8)
    top = 0.4 * em
    if desk.chance(0.6):
        row = top + ASCENT * em
        line(desk, f"{desk.count(0, 23)}:{desk.count(0, 59):02}", em, row, small)
        line(desk, f"{desk.count(1, 100)}%", sheet.width - em, row, small, align="right")
        top = row + em
    if desk.chance(0.8):
        row = top + 1.2 * em
        name = desk.short(10, kinds=("syllables", "sentences"))
        at_middle = desk.chance(0.5)
        x = sheet.width / 2 if at_middle else 3 * em
        line(desk, name, x, row, desk.type(1.1, is_bold=True), align="center" if at_middle else "left")
        sheet.rule(
            [(1.6 * em, row - 0.8 * em), (1.1 * em, row - 0.35 * em), (1.6 * em, row + 0.1 * em)], width=2
        )
        top = row + em
    return top


def _bar_below(desk: Desk, top: float) -> None:
    em, sheet = desk.body.size_px, desk.sheet
    tone = sheet.ground + (sheet.ink - sheet.ground) * 0.08
    rect = Rect(em, top + 0.5 * em, sheet.width - 4 * em, top + 2.5 * em)
    sheet.marks.append(Area(rect, fill=tone, radius=em))
    faded = sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.4, 0.8)
    if desk.chance(0.6):
        line(desk, "메시지 입력", rect.left + em, top + 1.8 * em, desk.body, tone=faded)


def _day(desk: Desk, top: float) -> float:
    """The date between messages."""
    em, middle = desk.body.size_px, desk.sheet.width / 2
    text = (
        f"{desk.count(2015, 2026)}년 {desk.count(1, 12)}월 {desk.count(1, 28)}일 {desk.any_of(_WEEKDAYS)}요일"
    )
    small, place = desk.type(0.8), len(desk.sheet.marks)
    rect = line(desk, text, middle, top + 1.3 * em, small, align="center")
    fill = desk.sheet.ground + (desk.sheet.ink - desk.sheet.ground) * desk.between(0.05, 0.2)
    desk.sheet.marks.insert(place, Area(rect.inset(-0.8 * em, -0.25 * em), fill=fill, radius=em))
    return top + 2.6 * em


def _message(desk: Desk, top: float, bottom: float, tones: tuple[float, float], *, is_right: bool) -> float:
    """A bubble, with the name above it at the left, and the time beside its last line."""
    sheet, em, body = desk.sheet, desk.body.size_px, desk.body
    if not is_right:
        top = _sender(desk, top)
    text = desk.say(int(desk.between(2, 9) ** 2), kinds=("sentences", "sentences", "syllables"))
    room = max(4 * em, min(0.65 * sheet.width, sheet.width - 9 * em))
    lines = break_lines(text, body, room, first=room, breaks_words=desk.look.breaks_words)
    height, width = _step(desk) * (len(lines) - 1) + (ASCENT + DESCENT) * em, max(map(body.width, lines))
    if top + height + 2 * _PAD * em > bottom:
        return top
    left = sheet.width - em - width - 2 * _PAD * em if is_right else 3.2 * em
    bubble = Rect(left, top, left + width + 2 * _PAD * em, top + height + 2 * _PAD * em)
    _bubble(desk, bubble, lines, tones)
    if desk.chance(0.7):
        _time(desk, bubble, is_right=is_right)
    return bubble.bottom


def _step(desk: Desk) -> float:
    return min(1.5, desk.look.line_height) * desk.body.size_px


def _bubble(desk: Desk, bubble: Rect, lines: list[str], tones: tuple[float, float]) -> None:
    em, block = desk.body.size_px, desk.sheet.new_block()
    desk.sheet.marks.append(Area(bubble, fill=tones[0], radius=desk.between(0.4, 0.9) * em))
    ink = tones[1] if tones[1] >= 0 else (20.0 if tones[0] > 135 else 245.0)
    for place, words in enumerate(lines):
        baseline = bubble.top + (_PAD + ASCENT) * em + place * _step(desk)
        line(desk, words, bubble.left + _PAD * em, baseline, desk.body, tone=ink, block=block)


def _sender(desk: Desk, top: float) -> float:
    """A picture of who speaks, and the name."""
    em = desk.body.size_px
    if desk.chance(0.7):
        if desk.chance(0.5):
            lay_picture(desk, Rect(0.6 * em, top, 2.7 * em, top + 2.1 * em), "photo")
        else:
            tone = desk.between(60, 200)
            desk.sheet.marks.append(Area(Rect(0.6 * em, top, 2.7 * em, top + 2.1 * em), fill=tone, radius=em))
    if desk.chance(0.6):
        line(desk, desk.short(6, kinds=("syllables",)), 3.2 * em, top + 0.9 * em, desk.type(0.8))
        return top + 1.4 * em
    return top


def _time(desk: Desk, bubble: Rect, *, is_right: bool) -> None:
    small = desk.type(0.65)
    text = f"{desk.any_of(('오전', '오후'))} {desk.count(1, 12)}:{desk.count(0, 59):02}"
    faded = desk.sheet.ground + (desk.sheet.ink - desk.sheet.ground) * desk.between(0.5, 0.9)
    gap = 0.5 * small.size_px
    x = bubble.left - gap if is_right else bubble.right + gap
    line(
        desk,
        text,
        x,
        bubble.bottom - 0.2 * small.size_px,
        small,
        align="right" if is_right else "left",
        tone=faded,
    )
