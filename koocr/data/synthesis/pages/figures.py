"""Pictures among text, pages without any text, and what is stamped on a page."""

from __future__ import annotations

import numpy as np

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.flow import ASCENT, line
from koocr.data.synthesis.pages.pictures import PICTURES, barcode, photo, scribble, seal
from koocr.data.synthesis.pages.sheet import Area, Picture, Rect

__all__ = ["clutter", "figure", "lay_picture", "stamp"]

_CAPTIONS = ("<그림 {}> ", "[그림 {}] ", "그림 {}. ", "Fig. {}. ", "▲ ", "(사진) ", "")


def lay_picture(desk: Desk, rect: Rect, kind: str | None = None) -> None:
    """Puts a picture where a rectangle is; a kind of `PICTURES`, or any."""
    width, height = round(rect.width), round(rect.height)
    if width < 8 or height < 8:
        return
    kind = desk.any_of(tuple(PICTURES)) if kind is None else kind
    pixels = PICTURES[kind](desk.rng, width, height)
    sheet = desk.sheet
    if kind in ("plot", "drawing"):  # in the page's own tones
        share = pixels.astype(np.float32) / 255
        pixels = (sheet.ink + share * (sheet.ground - sheet.ink)).astype(np.uint8)
    sheet.marks.append(Picture(pixels, round(rect.left), round(rect.top)))
    if desk.chance(0.2):
        sheet.marks.append(Area(rect, frame=sheet.ink, width=max(1, round(desk.px(0.6)))))


def figure(desk: Desk, rect: Rect) -> float:
    """A picture with a caption below it, perhaps with labels at its axes; returns the row below."""
    em = desk.body.size_px
    height = min(rect.width * desk.between(0.35, 0.9), rect.height - 4 * em)
    if height < 4 * em:
        return rect.top
    is_plot = desk.chance(0.3)
    inner = Rect(rect.left, rect.top + 0.5 * em, rect.right, rect.top + 0.5 * em + height)
    inner = inner.inset(desk.between(0, 0.15) * rect.width, 0)
    if is_plot:
        inner = inner._replace(left=inner.left + 4 * em, bottom=inner.bottom - 1.5 * em)
    lay_picture(desk, inner, "plot" if is_plot else None)
    if is_plot:
        _label_axes(desk, inner)
    bottom = inner.bottom + 1.6 * em * is_plot
    if desk.chance(0.65):
        small, middle = desk.type(0.9), (inner.left + inner.right) / 2
        most = max(6, int(rect.width / small.size_px) - 8)
        text = desk.any_of(_CAPTIONS).format(desk.count(1, 20)) + desk.short(
            min(28, most), kinds=("sentences",)
        )
        bottom = line(desk, text, middle, bottom + (0.5 + ASCENT) * em, small, align="center").bottom
    return bottom + desk.between(0.6, 1.2) * em


def _label_axes(desk: Desk, rect: Rect) -> None:
    """Numbers at the left of a plot from top to bottom, then names or years below it."""
    small, count = desk.type(0.8), desk.count(2, 5)
    em, step = small.size_px, desk.any_of(("{}0", "{}00", "{}", "0.{}", "{}%"))
    for place in range(count):
        y = rect.top + (place + 0.3) / count * rect.height + 0.4 * em
        line(desk, step.format(count - place), rect.left - 0.5 * em, y, small, align="right")
    num_below = max(1, min(5, int(rect.width / (5 * em))))
    for place in range(num_below):
        x = rect.left + (place + 0.5) / num_below * rect.width
        text = str(2010 + place) if desk.chance(0.5) else desk.short(3, kinds=("syllables",))
        line(desk, text, x, rect.bottom + 1.3 * em, small, align="center")


def stamp(desk: Desk) -> None:
    """Stamps or signs the page somewhere: over its text, as clerks do."""
    sheet = desk.sheet
    size = round(desk.px(desk.between(30, 75)))
    x, y = desk.count(0, max(1, sheet.width - size)), desk.count(sheet.height // 3, sheet.height)
    is_seal = desk.chance(0.6)
    cover = seal(desk.rng, size) if is_seal else scribble(desk.rng, 2 * size, size)
    tone = sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.35, 0.9)
    sheet.stamps.append(Picture(np.full(cover.shape, round(tone), np.uint8), x, y, cover))


def clutter(desk: Desk) -> str:
    """A page without text: pictures, codes, stamps, rules, or nothing at all."""
    sheet = desk.sheet
    whole = Rect(0, 0, sheet.width, sheet.height)
    if desk.chance(0.3):
        sheet.marks.append(Picture(photo(desk.rng, sheet.width, sheet.height), 0, 0))
    for _ in range(desk.count(0, 6)):
        width, height = desk.between(0.08, 0.6) * whole.width, desk.between(0.05, 0.4) * whole.height
        left, top = desk.between(0, 1) * (whole.width - width), desk.between(0, 1) * (whole.height - height)
        lay_picture(desk, Rect(left, top, left + width, top + height))
    for _ in range(desk.count(0, 8)):
        start, end = (tuple(desk.rng.uniform(0, (whole.width, whole.height)).tolist()) for _ in range(2))
        end = (end[0], start[1]) if desk.chance(0.5) else (start[0], end[1])
        sheet.rule([start, end], width=desk.count(1, 4), dash=desk.between(2, 12) * desk.chance(0.3))
    if desk.chance(0.3):
        width, height = round(desk.px(120)), round(desk.px(40))
        sheet.marks.append(
            Picture(barcode(desk.rng, width, height), round(whole.width / 3), round(whole.height / 2))
        )
    for _ in range(desk.count(0, 3)):
        stamp(desk)
    return "clutter"
