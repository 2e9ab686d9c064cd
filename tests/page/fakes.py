"""A page of grey bars, and stand-ins for a detector and a line reader that know them.

Bar number n says the n-th text. Its tone is n; its first fifth is black, which shows which way up it is.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from koocr.document import Line, LineCharacter
from koocr.polygon import order_corners

GROUND = 250
_FIRST_TONE, _STEP = 60, 6


@dataclass(frozen=True)
class FakeRegion:
    quad: np.ndarray
    bend: None = None


@dataclass
class FakePage:
    """Bars in the order of reading.

    Attributes:
        boxes: (N, 4) x0, y0, x1, y1.
        texts: of each.
    """

    boxes: np.ndarray
    texts: list[str]
    size: tuple[int, int] = (1000, 800)

    def image(self):
        picture = np.full(self.size, GROUND, np.uint8)
        for number, (x0, y0, x1, y1) in enumerate(self.boxes.astype(int).tolist()):
            picture[y0:y1, x0:x1] = _FIRST_TONE + _STEP * number
            picture[y0:y1, x0 : x0 + (x1 - x0) // 5] = 0
        return picture


@dataclass
class FakeDetector:
    """Finds whatever is darker than paper; its quads are in no order."""

    pages: list = field(default_factory=list)

    def detect(self, grey):
        self.pages.append(grey.shape)
        ink = (grey < GROUND - 20).astype(np.uint8)
        outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        quads = []
        for outline in outlines:
            x, y, w, h = cv2.boundingRect(outline)
            rect = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
            turned = cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32) + 0.5))
            area = cv2.contourArea(outline)
            quads.append(rect if area > 0.9 * w * h else turned)
        rng = np.random.default_rng(0)
        return [FakeRegion(order_corners(quads[row])) for row in rng.permutation(len(quads))]


@dataclass
class FakeLines:
    """Reads bars: surely where they stand upright, unsurely upside down."""

    texts: list
    sure: float = 0.95
    unsure: float = 0.3
    calls: list = field(default_factory=list)

    def read(self, pictures):
        self.calls.append(len(pictures))
        return [self._line(picture) for picture in pictures]

    def _line(self, picture):
        height = len(picture)
        rows = picture[height // 3 : height - height // 3]
        columns = np.median(rows, axis=0)
        inked = np.flatnonzero(columns < GROUND - 20)
        if not len(inked):
            return Line("", 1.0)
        start, stop = inked[0], inked[-1] + 1
        tone = np.median(columns[(start + stop) // 2 - 2 : (start + stop) // 2 + 2])
        text = self.texts[round((tone - _FIRST_TONE) / _STEP)]
        is_upright = columns[start + 3] < 30
        confidence = self.sure if is_upright else self.unsure
        text = text if is_upright else text[::-1]
        step = (stop - start) / max(1, len(text))
        characters = tuple(
            LineCharacter(symbol, confidence, start + step * place, start + step * (place + 1))
            for place, symbol in enumerate(text)
        )
        return Line(text, confidence ** len(text), characters)
