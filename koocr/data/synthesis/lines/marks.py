"""What stands on paper besides the line: underlines, frames, rules, other lines; and how the pen wrote it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.settings import EM, MarkSettings, ShapeSettings
from koocr.data.synthesis.lines.typeset import Canvas, Layout

__all__ = ["add_marks", "add_neighbour", "change_pen", "draw_squares"]

UInt8Array = NDArray[np.uint8]

_KERNELS = tuple(
    cv2.getStructuringElement(shape, size)
    for shape, size in (
        (cv2.MORPH_RECT, (2, 2)),
        (cv2.MORPH_CROSS, (3, 3)),
        (cv2.MORPH_ELLIPSE, (3, 3)),
        (cv2.MORPH_RECT, (2, 1)),
        (cv2.MORPH_RECT, (1, 2)),
        (cv2.MORPH_RECT, (3, 2)),
    )
)
_MEDIUM, _HEAVY = 0.24, 0.34
"""Shares of the line's box that are inked: from the first, strokes bear to be thinned; from the second, they
are only thinned."""


def change_pen(canvas: Canvas, rng: np.random.Generator, settings: ShapeSettings) -> None:
    """Makes the strokes of a whole line thinner or thicker, evenly or the more so the further along."""
    if rng.random() < settings.outlined:
        canvas.ink = cv2.morphologyEx(canvas.ink, cv2.MORPH_GRADIENT, _KERNELS[1])
        return
    if rng.random() >= settings.pen:
        return
    left, top, right, bottom = canvas.box
    share_inked = cv2.mean(canvas.ink[top:bottom, left:right])[0] / 255
    is_thicker = rng.random() < min(0.8, max(0.0, 1.1 - share_inked / _HEAVY))
    kernel = _KERNELS[rng.integers(len(_KERNELS))]
    changed = cv2.dilate(canvas.ink, kernel) if is_thicker else cv2.erode(canvas.ink, kernel)
    most = 1.0 if is_thicker else min(0.9, max(0.25, share_inked / _MEDIUM))  # hair strokes stay
    share = float(rng.uniform(0.3, 1.0)) * most
    if rng.random() < settings.pen_drift:
        ramp = np.linspace(0.0, share, canvas.ink.shape[1], dtype=np.float32)[
            :: 1 if rng.random() < 0.5 else -1
        ]
        mixed = canvas.ink + ramp * (changed.astype(np.float32) - canvas.ink)
        canvas.ink = mixed.astype(np.uint8)
    else:
        canvas.ink = cv2.addWeighted(changed, share, canvas.ink, 1 - share, 0)


def add_neighbour(
    canvas: Canvas, other: UInt8Array, rng: np.random.Generator, *, is_above: bool, gap: int
) -> None:
    """Lets another line look in from above or below, as far as there is ground.

    Args:
        canvas: drawn on.
        other: (h, w) its ink, cut close.
        rng: decides where along the line it stands.
        is_above: from above rather than below.
        gap: rows of ground between the two.
    """
    height, width = canvas.ink.shape
    _, top, _, bottom = canvas.box
    rows = slice(0, max(0, top - gap)) if is_above else slice(min(height, bottom + gap), height)
    view = canvas.ink[rows]
    seen = min(view.shape[0], other.shape[0])
    if not seen:
        return
    start = int(rng.integers(-width // 3, width // 3 + 1))
    source = max(0, -start), max(0, start)
    columns = min(other.shape[1] - source[0], width - source[1])
    if columns <= 0:
        return
    piece = other[-seen:] if is_above else other[:seen]
    place = view[-seen:] if is_above else view[:seen]
    target = place[:, source[1] : source[1] + columns]
    np.maximum(target, piece[:, source[0] : source[0] + columns], out=target)


def draw_squares(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """Draws the squares of manuscript paper around the letters."""
    behind = _behind(canvas)
    offset = canvas.spans[0, 0] - layout.spans[0, 0]
    _, top, _, bottom = canvas.box
    reach = int(rng.uniform(0.05, 0.2) * EM)
    first, last = top - reach, bottom + reach
    tone, thickness = int(rng.integers(60, 190)), int(rng.integers(1, 3))
    edges = sorted({round(edge + offset) for edge in layout.cells.ravel().tolist()})
    for edge in edges:
        cv2.line(behind, (edge, first), (edge, last), tone, thickness)
    for row in (first, last):
        cv2.line(behind, (edges[0], row), (edges[-1], row), tone, thickness)


def add_marks(canvas: Canvas, text: str, rng: np.random.Generator, settings: MarkSettings) -> None:
    """Draws what there is besides text, each by its own chance: with the line's ink, or another below it."""
    chances = rng.random(6)
    if chances[0] < settings.highlight:
        _merge(_behind(canvas), _highlight(canvas, text, rng))
    if chances[1] < settings.underline:
        _merge(_any_layer(canvas, rng), _underline(canvas, text, rng))
    if chances[2] < settings.strike:
        _merge(_any_layer(canvas, rng), _strike(canvas, text, rng))
    if chances[3] < settings.frame:
        _merge(_any_layer(canvas, rng), _frame(canvas, text, rng))
    if chances[4] < settings.rules:
        _merge(_behind(canvas), _rules(canvas, rng))
    if chances[5] < settings.specks:
        _merge(canvas.ink, _specks(canvas, rng))


def _behind(canvas: Canvas) -> UInt8Array:
    if canvas.behind is None:
        canvas.behind = np.zeros_like(canvas.ink)
    return canvas.behind


def _any_layer(canvas: Canvas, rng: np.random.Generator) -> UInt8Array:
    return canvas.ink if rng.random() < 0.6 else _behind(canvas)


def _merge(layer: UInt8Array, mark: UInt8Array) -> None:
    """Puts a mark on a layer; where both have ink, the stronger shows."""
    np.maximum(layer, mark, out=layer)


def _stretch(canvas: Canvas, text: str, rng: np.random.Generator) -> tuple[int, int]:
    """Left and right of the whole line, or of one or two of its words."""
    spaces = [place for place, symbol in enumerate(text) if symbol == " "]
    if not spaces or rng.random() < 0.4:
        return int(canvas.box[0]), int(canvas.box[2])
    starts, stops = [0, *(place + 1 for place in spaces)], [*spaces, len(text)]
    first = int(rng.integers(len(starts)))
    last = min(len(starts) - 1, first + int(rng.integers(2)))
    return int(canvas.spans[starts[first], 0]), int(canvas.spans[stops[last] - 1, 1])


def _underline(canvas: Canvas, text: str, rng: np.random.Generator) -> UInt8Array:
    mark = np.zeros_like(canvas.ink)
    left, right = _stretch(canvas, text, rng)
    row = int(canvas.baseline + rng.uniform(0.08, 0.24) * EM)
    tone, thickness, tilt = int(rng.integers(90, 256)), int(rng.integers(1, 4)), int(rng.normal(0, 0.02 * EM))
    kind = rng.random()
    if kind < 0.15:  # wavy
        x = np.arange(left, right, 2)
        points = np.stack([x, row + 2 * np.sin(x / rng.uniform(2, 5))], 1).astype(np.int32)
        cv2.polylines(mark, [points], False, tone, thickness, cv2.LINE_AA)
        return mark
    for offset in (0, 4) if kind > 0.9 else (0,):
        start, stop = (left, row + offset), (right, row + offset + tilt)
        cv2.line(mark, start, stop, tone, thickness, cv2.LINE_AA)
    return mark


def _strike(canvas: Canvas, text: str, rng: np.random.Generator) -> UInt8Array:
    mark = np.zeros_like(canvas.ink)
    left, right = _stretch(canvas, text, rng)
    row, tilt = int(canvas.baseline - rng.uniform(0.28, 0.46) * EM), int(rng.normal(0, 0.05 * EM))
    cv2.line(mark, (left, row), (right, row + tilt), int(rng.integers(70, 200)), 1, cv2.LINE_AA)
    return mark


def _frame(canvas: Canvas, text: str, rng: np.random.Generator) -> UInt8Array:
    """A box or an oval around the line or some of its words."""
    mark = np.zeros_like(canvas.ink)
    left, right = _stretch(canvas, text, rng)
    _, top, _, bottom = canvas.box
    across, down = (int(reach * EM) for reach in rng.uniform(0.05, 0.3, 2))
    tone, thickness = int(rng.integers(60, 256)), int(rng.integers(1, 4))
    if rng.random() < 0.25 and right - left < 6 * EM:
        middle = (left + right) // 2, (top + bottom) // 2
        half = (right - left) // 2 + 2 * across, (bottom - top) // 2 + down
        cv2.ellipse(mark, middle, half, 0, 0, 360, tone, thickness, cv2.LINE_AA)
    else:
        cv2.rectangle(mark, (left - across, top - down), (right + across, bottom + down), tone, thickness)
    return mark


def _highlight(canvas: Canvas, text: str, rng: np.random.Generator) -> UInt8Array:
    mark = np.zeros_like(canvas.ink)
    left, right = _stretch(canvas, text, rng)
    _, top, _, bottom = canvas.box
    up, down = (int(reach * EM) for reach in rng.uniform(-0.1, 0.1, 2))
    cv2.rectangle(mark, (left - 3, top - up), (right + 3, bottom + down), int(rng.integers(25, 90)), -1)
    return mark


def _rules(canvas: Canvas, rng: np.random.Generator) -> UInt8Array:
    """Ruled paper: a line below, perhaps one above; or the borders of a cell."""
    mark = np.zeros_like(canvas.ink)
    height, width = mark.shape
    left, top, right, bottom = canvas.box
    tone, thickness, kind = int(rng.integers(40, 220)), int(rng.integers(1, 3)), rng.random()
    rows = [int(canvas.baseline + rng.uniform(-0.05, 0.3) * EM)] if kind < 0.5 else [bottom + int(0.1 * EM)]
    if kind > 0.3:
        rows.append(top - int(rng.uniform(0.02, 0.25) * EM))
    for row in rows:
        cv2.line(mark, (0, row), (width - 1, row), tone, thickness)
    for column in (left - int(0.25 * EM), right + int(0.25 * EM)) if kind > 0.7 else ():
        cv2.line(mark, (column, 0), (column, height - 1), tone, thickness)
    return mark


def _specks(canvas: Canvas, rng: np.random.Generator) -> UInt8Array:
    """Dust, hairs and scratches: the dust finer than a full stop, the others fainter than strokes."""
    mark = np.zeros_like(canvas.ink)
    height, width = mark.shape
    for _ in range(int(rng.integers(1, 2 + width // 60))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        tone = int(rng.integers(40, 220))
        if rng.random() < 0.7:
            cv2.circle(mark, (x, y), 0, tone, -1)
        else:
            end = x + int(rng.normal(0, 0.3 * EM)), y + int(rng.normal(0, 0.15 * EM))
            cv2.line(mark, (x, y), end, tone // 2, 1, cv2.LINE_AA)
    return mark
