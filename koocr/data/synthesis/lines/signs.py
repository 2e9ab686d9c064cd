"""Signs that few faces draw, put together from letters: ⑬ ㉮ ㈜ ㎢ Ⅷ ⅔ ™ ▶."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.settings import EM

__all__ = ["composable", "compose"]

UInt8Array = NDArray[np.uint8]
GlyphOf = Callable[[str], Glyph | None]

_CIRCLED = {
    **{chr(0x2460 + number): str(number + 1) for number in range(20)},  # ① to ⑳
    **dict(zip("㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩㉪㉫㉬㉭", "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", strict=True)),
    **dict(zip("㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻", "가나다라마바사아자차카타파하", strict=True)),
    "©": "C",
    "®": "R",
}
_BRACKETED = {"㈜": "주", "㈔": "사"}
_SQUEEZED = {
    "Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "Ⅴ": "V", "Ⅵ": "VI", "Ⅶ": "VII", "Ⅷ": "VIII", "Ⅸ": "IX",
    "Ⅹ": "X",
    "ⅰ": "i", "ⅱ": "ii", "ⅲ": "iii", "ⅳ": "iv", "ⅴ": "v", "ⅵ": "vi", "ⅶ": "vii", "ⅷ": "viii", "ⅸ": "ix",
    "ⅹ": "x",
    "㎜": "mm", "㎝": "cm", "㎞": "km", "㎟": "mm²", "㎠": "cm²", "㎡": "m²", "㎢": "km²", "㎥": "m³",
    "㎎": "mg",
    "㎏": "kg", "㎖": "ml", "㎗": "dl", "㏄": "cc", "㎐": "Hz", "㎑": "kHz", "㎒": "MHz", "㎾": "kW",
    "㏊": "ha",
    "№": "No", "℡": "TEL", "℃": "°C", "℉": "°F", "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4",
}  # fmt: skip
_RAISED = {"¹": "1", "²": "2", "³": "3", "⁴": "4", "™": "TM"}
_TURNED = {"▶": ("▲", 1), "▷": ("△", 1), "◀": ("▲", 3), "◁": ("△", 3)}  # quarter turns clockwise
_WIDENED = {"ㆍ": "·", "‧": "·", "￠": "¢", "￡": "£", "￥": "¥", "〃": '"'}
_ASCENT, _DESCENT = 0.84, 0.08  # of an em: what a syllable fills above and below the baseline
_MIDDLE = (_DESCENT - _ASCENT) / 2


def composable(drawn: set[str]) -> str:
    """The signs that can be put together from symbols that are drawn."""
    found: list[str] = []
    for table in (_RAISED, _CIRCLED, _BRACKETED, _SQUEEZED, _WIDENED, _TURNED):
        here = {*drawn, *found}
        found += [sign for sign, parts in table.items() if sign not in here and set(_parts(parts)) <= here]
    return "".join(found)


def compose(sign: str, glyph_of: GlyphOf) -> Glyph | None:
    """Puts a sign together.

    Args:
        sign: to be drawn.
        glyph_of: draws its parts.

    Returns:
        The sign; None for one that has no recipe, or a part that is not drawn.
    """
    for table in (_CIRCLED, _BRACKETED, _SQUEEZED, _RAISED, _WIDENED, _TURNED):
        if sign in table:
            glyphs = [glyph_of(part) for part in _parts(table[sign])]
            drawn = [glyph for glyph in glyphs if glyph is not None]
            return _made(sign, drawn) if drawn and len(drawn) == len(glyphs) else None
    return None


def _parts(recipe: str | tuple[str, int]) -> str:
    return recipe if isinstance(recipe, str) else recipe[0]


def _made(sign: str, parts: Sequence[Glyph]) -> Glyph:
    row = _row(parts)
    if sign in _CIRCLED:
        return _circled(row)
    if sign in _BRACKETED:
        return _bracketed(row)
    if sign in _SQUEEZED:
        return _fitted(row, most_width=0.9 * EM)
    if sign in _RAISED:
        raised = _resized(row, 0.55, 0.55)
        return raised._replace(top=-0.8 * EM)
    if sign in _WIDENED:
        return row._replace(left=(EM - row.ink.shape[1]) / 2, advance=float(EM))
    turned = np.ascontiguousarray(np.rot90(row.ink, -_TURNED[sign][1]))
    return Glyph(turned, row.left, _MIDDLE * EM - turned.shape[0] / 2, row.advance)


def _row(parts: Sequence[Glyph]) -> Glyph:
    """Letters side by side as one; the pen stands at its ink."""
    pens = np.cumsum([0.0, *(part.advance for part in parts[:-1])])
    lefts = [round(pen + part.left) for pen, part in zip(pens.tolist(), parts, strict=True)]
    tops = [round(part.top) for part in parts]
    left, top = min(lefts), min(tops)
    right = max(x + part.ink.shape[1] for x, part in zip(lefts, parts, strict=True))
    bottom = max(y + part.ink.shape[0] for y, part in zip(tops, parts, strict=True))
    ink = np.zeros((bottom - top, right - left), np.uint8)
    for x, y, part in zip(lefts, tops, parts, strict=True):
        height, width = part.ink.shape
        view = ink[y - top : y - top + height, x - left : x - left + width]
        np.maximum(view, part.ink, out=view)
    return Glyph(ink, parts[0].left, float(top), float(pens[-1]) + parts[-1].advance)


def _resized(glyph: Glyph, scale_x: float, scale_y: float) -> Glyph:
    height, width = glyph.ink.shape
    size = max(1, round(width * scale_x)), max(1, round(height * scale_y))
    ink = cv2.resize(glyph.ink, size, interpolation=cv2.INTER_AREA)
    return Glyph(ink, glyph.left * scale_x, glyph.top * scale_y, glyph.advance * scale_x)


def _fitted(glyph: Glyph, *, most_width: float) -> Glyph:
    return _resized(glyph, min(1.0, most_width / glyph.ink.shape[1]), 1.0)


def _circled(glyph: Glyph) -> Glyph:
    side = round((_ASCENT + _DESCENT) * EM) | 1
    inner = 0.56 * side
    height, width = glyph.ink.shape
    scale = min(1.0, inner / height)
    small = _resized(glyph, min(scale, inner / width), scale).ink
    ink = np.zeros((side, side), np.uint8)
    cv2.circle(ink, (side // 2, side // 2), side // 2 - 2, 255, 1, cv2.LINE_AA)
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    ink[top : top + small.shape[0], left : left + small.shape[1]] |= small
    return Glyph(ink, 0.04 * EM, _MIDDLE * EM - side / 2, float(EM))


def _bracketed(glyph: Glyph) -> Glyph:
    side = round((_ASCENT + _DESCENT) * EM)
    small = _resized(
        glyph, min(1.0, 0.55 * side / glyph.ink.shape[1]), min(1.0, 0.85 * side / glyph.ink.shape[0])
    ).ink
    ink = np.zeros((side, side), np.uint8)
    middle, bow = side // 2, (side // 6, side // 2 - 1)
    cv2.ellipse(ink, (side // 5, middle), bow, 0, 100, 260, 255, 1, cv2.LINE_AA)
    cv2.ellipse(ink, (side - 1 - side // 5, middle), bow, 0, -80, 80, 255, 1, cv2.LINE_AA)
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    view = ink[top : top + small.shape[0], left : left + small.shape[1]]
    np.maximum(view, small, out=view)
    return Glyph(ink, 0.04 * EM, _MIDDLE * EM - side / 2, float(EM))
