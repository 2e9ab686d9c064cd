"""Pages that tests draw: bars and blocks of text-like strokes, whose places are known."""

from dataclasses import dataclass

import cv2
import numpy as np

_FINE = 4  # strokes are drawn so many times larger, so that their edges lie where they should


@dataclass(frozen=True)
class Unit:
    quad: np.ndarray
    is_ignored: bool = False


@dataclass(frozen=True)
class Page:
    image: np.ndarray
    units: tuple[Unit, ...]


def rectangle(center, size, angle=0.0):
    """Top left, top right, bottom right, bottom left; turned clockwise by degrees."""
    half = np.array(size) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (corners @ matrix + center).astype(np.float32)


def striped_page(number=0, *, size=(192, 192), angle=0.0, num_lines=4):
    """Lines of upright strokes on a light ground: black bars as far apart as they are wide."""
    rng = np.random.default_rng(number)
    fine = np.full((size[0] * _FINE, size[1] * _FINE), 235, np.uint8)
    units = []
    for line in range(num_lines):
        width = float(rng.uniform(0.35, 0.7) * size[1])
        center = size[1] / 2 + rng.uniform(-8, 8), (line + 0.75) * size[0] / (num_lines + 0.5)
        quad = rectangle(center, (width, 16), angle)
        for left in np.arange(0, 1, 8 / width):
            right = min(1.0, left + 4 / width)
            top = quad[0] + np.outer([left, right], quad[1] - quad[0])
            below = quad[3] + np.outer([right, left], quad[2] - quad[3])
            stroke = np.concatenate([top, below]) * _FINE - 0.5  # pixels are named by their middles
            cv2.fillConvexPoly(fine, np.rint(stroke * 16).astype(np.int32), 20, shift=4)
        units.append(Unit(quad))
    image = cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA)
    return Page(image, tuple(units))
