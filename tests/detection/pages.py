"""Pages that tests draw, strokes in lines whose places are known, and an engine that sees them."""

from dataclasses import dataclass

import cv2
import numpy as np

from koocr.detection.metadata import DetectorMetadata
from koocr.detection.settings import DetectorSettings

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


class StripeEngine:
    """Stands for a network: sees the lines of `striped_page` at their own size."""

    metadata = DetectorMetadata(DetectorSettings()).to_dict()

    def run(self, batch):
        dark = (batch["image"][0, ..., 0] < 0.5).astype(np.uint8)
        lines = cv2.morphologyEx(cv2.copyMakeBorder(dark, 9, 9, 9, 9, cv2.BORDER_CONSTANT), cv2.MORPH_CLOSE,
                                 np.ones((5, 5), np.uint8))[9:-9, 9:-9]  # fmt: skip
        cores = cv2.erode(lines, np.ones((7, 7), np.uint8))  # lines of 16 pixels move in by nearly 4
        half = cv2.resize(cores.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return {"probability": (16 * half - 8)[None, ..., None]}
