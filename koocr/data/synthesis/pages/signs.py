"""Few large words: slides, signs and captions on photographs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.pages.blocks import running_heads
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.figures import lay_picture
from koocr.data.synthesis.pages.flow import ASCENT, DESCENT, Setting, break_lines, paragraph
from koocr.data.synthesis.pages.pictures import photo
from koocr.data.synthesis.pages.sheet import Area, Picture, Rect
from koocr.data.synthesis.pages.taken import smooth_field

__all__ = ["sign", "slide"]

UInt8Array = NDArray[np.uint8]

_BULLETS = ("•", "-", "▶", "■", "✓", "")


def slide(desk: Desk) -> str:
    """A title and some points below it, perhaps beside a picture."""
    sheet = desk.sheet
    if desk.chance(0.3):
        sheet.ground, sheet.ink = sheet.ink, sheet.ground
    if desk.chance(0.3):
        _shade_all(desk)
    area = Rect(0, 0, sheet.width, sheet.height).inset(
        desk.between(0.04, 0.1) * sheet.width, 0.08 * sheet.height
    )
    big = desk.type(_scale(desk, 0.05, 0.1), is_bold=desk.chance(0.6), is_heading=True)
    setting = Setting(big, 1.3 * big.size_px, "center" if desk.chance(0.4) else "left")
    top = paragraph(desk, desk.say(desk.count(4, 22), is_heading=True), area, setting)
    if desk.chance(0.4):
        sheet.rule([(area.left, top), (area.right, top)], width=max(1, sheet.height // 300))
    has_picture = desk.chance(0.4)
    right = area.left + 0.55 * area.width if has_picture else area.right
    _points(desk, Rect(area.left, top + 0.04 * sheet.height, right, area.bottom))
    if has_picture:
        lay_picture(desk, Rect(right + 0.05 * area.width, top + 0.05 * sheet.height, area.right, area.bottom))
    running_heads(
        desk, Rect(area.left, -9 * sheet.height, area.right, sheet.height - 2.2 * desk.body.size_px)
    )()
    return "slide"


def _scale(desk: Desk, low: float, high: float) -> float:
    """How many times the page's size a type is whose em is such a share of the sheet's height."""
    return desk.between(low, high) * desk.sheet.height / desk.body.size_px


def _points(desk: Desk, rect: Rect) -> None:
    type_ = desk.type(_scale(desk, 0.032, 0.06))
    em, top, bullet = type_.size_px, rect.top, desk.any_of(_BULLETS)
    step = desk.between(1.25, 1.8) * em
    for _ in range(desk.count(1, 7)):
        text = f"{bullet} {desk.say(desk.count(4, 40))}".strip()
        rest = type_.width(f"{bullet} ") if bullet else 0.0
        setting = Setting(type_, step, "left", rest=rest)
        below = paragraph(desk, text, rect._replace(top=top), setting)
        if below <= top:
            break
        top = below + desk.between(0.1, 0.8) * em


def _shade_all(desk: Desk) -> None:
    """A ground that changes slowly."""
    sheet = desk.sheet
    field = smooth_field(desk.rng, (sheet.height, sheet.width), 2) * np.float32(desk.between(3, 12))
    sheet.marks.append(Picture(np.clip(field + np.float32(sheet.ground), 0, 255).astype(np.uint8), 0, 0))


def sign(desk: Desk) -> str:
    """Panels with words on a photograph, or words on the photograph itself."""
    sheet = desk.sheet
    ground = photo(desk.rng, sheet.width, sheet.height)
    sheet.marks.append(Picture(ground, 0, 0))
    top = desk.between(0.03, 0.25) * sheet.height
    for _ in range(desk.count(1, 4)):
        height = desk.between(0.08, 0.3) * sheet.height
        width = desk.between(0.35, 0.95) * sheet.width
        left = desk.between(0.02, 0.98 - width / sheet.width) * sheet.width
        rect = Rect(left, top, left + width, min(top + height, sheet.height - 4.0))
        if rect.height > 3 * desk.body.size_px:
            (_panel if desk.chance(0.6) else _caption)(desk, rect, ground)
        top += height + desk.between(0.02, 0.15) * sheet.height
        if top > 0.9 * sheet.height:
            break
    return "sign"


def _panel(desk: Desk, rect: Rect, ground: UInt8Array) -> None:
    """A board with one to three lines."""
    is_dark = desk.chance(0.5)
    tone, ink = desk.between(0, 110), desk.between(190, 255)
    tone, ink = (tone, ink) if is_dark else (ink, tone)
    radius = desk.between(0, 0.2) * rect.height * desk.chance(0.4)
    frame = ink if desk.chance(0.4) else None
    desk.sheet.marks.append(Area(rect, tone, frame, max(1, round(0.02 * rect.height)), radius))
    _lines(desk, rect.inset(0.06 * rect.width, 0.1 * rect.height), ink, None)


def _caption(desk: Desk, rect: Rect, ground: UInt8Array) -> None:
    """Words right on the picture: light where it is dark, and with a rim that parts them from it."""
    under = ground[round(rect.top) : round(rect.bottom), round(rect.left) : round(rect.right)]
    is_dark = float(under.mean()) < 128
    ink, halo = (desk.between(225, 255), 0.0) if is_dark else (desk.between(0, 30), 255.0)
    has_halo = desk.chance(0.5) or float(under.std()) > 25
    _lines(desk, rect, ink, halo if has_halo else None)


def _lines(desk: Desk, rect: Rect, ink: float, halo: float | None) -> None:
    count = desk.count(1, 3)
    size = rect.height / (count * desk.between(1.15, 1.5))
    size = max(desk.body.size_px, min(size, 0.16 * desk.sheet.height))
    type_ = desk.type(size / desk.body.size_px, is_bold=desk.chance(0.4), is_heading=True)
    step = 1.25 * type_.size_px
    room = max(1, int(count * rect.width / type_.size_px))
    text = desk.say(max(1, min(room, desk.count(2, 30))), is_heading=True)
    setting = Setting(type_, step, "center" if desk.chance(0.7) else "left", tone=ink, halo=halo)
    lines = break_lines(text, type_, rect.width, first=rect.width, breaks_words=False)
    left_over = rect.height - step * len(lines)
    top = rect.top + max(0.0, left_over) / 2
    least = (ASCENT + DESCENT) * type_.size_px
    paragraph(desk, text, rect._replace(top=top, bottom=max(rect.bottom, top + least + 1)), setting)
