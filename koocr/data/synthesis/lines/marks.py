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
_HEAVY = 0.34
"""Share of the line's box that is inked from which letters are only made thinner."""


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
    share = float(rng.uniform(0.3, 1.0)) * (1.0 if is_thicker else 0.85)  # hair strokes stay
    if rng.random() < settings.pen_drift:
        ramp = np.linspace(*rng.permutation([0.0, share]), canvas.ink.shape[1], dtype=np.float32)
        mixed = canvas.ink + ramp * (changed.astype(np.float32) - canvas.ink)
        canvas.ink = mixed.astype(np.uint8)
    else:
        canvas.ink = cv2.addWeighted(changed, share, canvas.ink, 1 - share, 0)


def add_neighbour(canvas: Canvas, other: UInt8Array, rng: np.random.Generator, *, is_above: bool, gap: int) -> None:
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
    """Draws what there is besides text, each by its own chance."""
    chances = rng.random(6)
    if chances[0] < settings.highlight:
        _highlight(canvas, text, rng)
    if chances[1] < settings.underline:
        _underline(canvas, text, rng)
    if chances[2] < settings.strike:
        _strike(canvas, text, rng)
    if chances[3] < settings.frame:
        _frame(canvas, text, rng)
    if chances[4] < settings.rules:
        _rules(canvas, rng)
    if chances[5] < settings.specks:
        _specks(canvas, rng)


def _behind(canvas: Canvas) -> UInt8Array:
    if canvas.behind is None:
        canvas.behind = np.zeros_like(canvas.ink)
    return canvas.behind


def _stretch(canvas: Canvas, text: str, rng: np.random.Generator) -> tuple[int, int]:
    """Left and right of the whole line, or of one or two of its words."""
    spaces = [place for place, symbol in enumerate(text) if symbol == " "]
    if not spaces or rng.random() < 0.4:
        return int(canvas.box[0]), int(canvas.box[2])
    starts, stops = [0, *(place + 1 for place in spaces)], [*spaces, len(text)]
    first = int(rng.integers(len(starts)))
    last = min(len(starts) - 1, first + int(rng.integers(2)))
    return int(canvas.spans[starts[first], 0]), int(canvas.spans[stops[last] - 1, 1])


def _layer(canvas: Canvas, rng: np.random.Generator) -> UInt8Array:
    """Drawn with the line's own ink, or with another."""
    return canvas.ink if rng.random() < 0.6 else _behind(canvas)


def _underline(canvas: Canvas, text: str, rng: np.random.Generator) -> None:
    left, right = _stretch(canvas, text, rng)
    row = int(canvas.baseline + rng.uniform(0.08, 0.24) * EM)
    tone, thickness, tilt = int(rng.integers(90, 256)), int(rng.integers(1, 4)), int(rng.normal(0, 0.02 * EM))
    layer, kind = _layer(canvas, rng), rng.random()
    if kind < 0.15:  # wavy or dotted
        x = np.arange(left, right, 2)
        y = row + 2 * np.sin(x / rng.uniform(2, 5))
        points = np.stack([x, y], 1).astype(np.int32)
        cv2.polylines(layer, [points], False, tone, thickness, cv2.LINE_AA)
        return
    cv2.line(layer, (left, row), (right, row + tilt), tone, thickness, cv2.LINE_AA)
    if kind > 0.9:
        cv2.line(layer, (left, row + 4), (right, row + 4 + tilt), tone, thickness, cv2.LINE_AA)


def _strike(canvas: Canvas, text: str, rng: np.random.Generator) -> None:
    left, right = _stretch(canvas, text, rng)
    row, tilt = int(canvas.baseline - rng.uniform(0.28, 0.46) * EM), int(rng.normal(0, 0.05 * EM))
    cv2.line(_layer(canvas, rng), (left, row), (right, row + tilt), int(rng.integers(70, 200)), 1, cv2.LINE_AA)


def _frame(canvas: Canvas, text: str, rng: np.random.Generator) -> None:
    left, right = _stretch(canvas, text, rng)
    _, top, _, bottom = canvas.box
    across, down = (int(reach * EM) for reach in rng.uniform(0.05, 0.3, 2))
    corner, opposite = (left - across, top - down), (right + across, bottom + down)
    tone, thickness = int(rng.integers(60, 256)), int(rng.integers(1, 4))
    if rng.random() < 0.25 and right - left < 6 * EM:
        middle = (left + right) // 2, (top + bottom) // 2
        half = (right - left) // 2 + 2 * across, (bottom - top) // 2 + down
        cv2.ellipse(_layer(canvas, rng), middle, half, 0, 0, 360, tone, thickness, cv2.LINE_AA)
        return
    cv2.rectangle(_layer(canvas, rng), corner, opposite, tone, thickness)


def _highlight(canvas: Canvas, text: str, rng: np.random.Generator) -> None:
    left, right = _stretch(canvas, text, rng)
    _, top, _, bottom = canvas.box
    up, down = (int(reach * EM) for reach in rng.uniform(-0.1, 0.1, 2))
    cv2.rectangle(_behind(canvas), (left - 3, top - up), (right + 3, bottom + down), int(rng.integers(25, 90)), -1)


def _rules(canvas: Canvas, rng: np.random.Generator) -> None:
    """Ruled paper: a line below, perhaps one above; or the borders of a cell."""
    behind = _behind(canvas)
    height, width = behind.shape
    _, top, _, bottom = canvas.box
    tone, thickness, kind = int(rng.integers(40, 220)), int(rng.integers(1, 3)), rng.random()
    rows = [int(canvas.baseline + rng.uniform(-0.05, 0.3) * EM)] if kind < 0.5 else [bottom + int(0.1 * EM)]
    if kind > 0.3:
        rows.append(top - int(rng.uniform(0.02, 0.25) * EM))
    for row in rows:
        cv2.line(behind, (0, row), (width - 1, row), tone, thickness)
    if kind > 0.7:
        for column in (canvas.box[0] - int(0.25 * EM), canvas.box[2] + int(0.25 * EM)):
            cv2.line(behind, (column, 0), (column, height - 1), tone, thickness)


def _specks(canvas: Canvas, rng: np.random.Generator) -> None:
    """Dust, hairs and scratches, none of them as large as a full stop."""
    height, width = canvas.ink.shape
    for _ in range(int(rng.integers(1, 2 + width // 60))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        tone = int(rng.integers(40, 220))
        if rng.random() < 0.7:
            cv2.circle(canvas.ink, (x, y), 0, tone, -1)
            continue
        end = x + int(rng.normal(0, 0.3 * EM)), y + int(rng.normal(0, 0.15 * EM))
        cv2.line(_behind(canvas), (x, y), end, tone // 2, 1, cv2.LINE_AA)
