"""PP-OCR with its Korean recogniser on the same pages, put together as RapidOCR does.

Boxes of the detector, sorted from the top down and, within ten pixels, from the left to the right; each cut
out by its corners, turned if it is half as high again as wide; then the recogniser. The package itself, asked
once with the same two networks, read five pages with the same errors but for a point; it is not used, since
it downloads a Korean recogniser of its own accord and must have its threads and messages kept down.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from koocr.evaluation.paddle import PaddleLines
from koocr.evaluation.paddle_detector import PaddleDetector
from koocr.evaluation.page_lines import PlacedText
from koocr.image import GreyImage
from koocr.polygon import Quads

__all__ = ["PaddlePages"]

_ONE_ROW_PX = 10
_LYING = 1.5


class PaddlePages:
    """A detector and PP-OCRv3 for Korean, in one thread.

    Args:
        detector: ONNX file, see `koocr.evaluation.paddle_detector.PaddleDetector`.
        recogniser: folder, see `koocr.evaluation.paddle.PaddleLines`.

    Raises:
        WeightsMissingError: a file is not there.
        WeightsError: it is another network.
    """

    is_inside = True

    def __init__(self, detector: str | Path, recogniser: str | Path) -> None:
        self._detector, self._lines = PaddleDetector(detector), PaddleLines(recogniser, is_trimming=False)
        self.name = f"PP-OCR, {self._detector.name}, {self._lines.name}"

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """The lines of a page, in RapidOCR's order."""
        quads = _sorted(self._detector.quads(image))
        texts = self._lines.read([_cut(image, quad) for quad in quads])
        return [(quad, text) for quad, text in zip(quads, texts, strict=True) if text]


def _sorted(quads: Quads) -> list[Quads]:
    ordered = sorted(quads, key=lambda quad: (quad[0, 1], quad[0, 0]))
    for number in range(len(ordered) - 1):
        for place in range(number, -1, -1):
            first, second = ordered[place], ordered[place + 1]
            if abs(second[0, 1] - first[0, 1]) >= _ONE_ROW_PX or second[0, 0] >= first[0, 0]:
                break
            ordered[place], ordered[place + 1] = second, first
    return ordered


def _cut(image: GreyImage, quad: Quads) -> GreyImage:
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = (
        max(1, round(float(max(sides[0], sides[2])))),
        max(1, round(float(max(sides[1], sides[3])))),
    )
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(quad, np.float32), corners)
    crop = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.ascontiguousarray(np.rot90(crop)) if height >= _LYING * width else np.asarray(crop, np.uint8)
