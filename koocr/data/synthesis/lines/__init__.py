"""Draws lines of Korean text for training: from a text and a hand to a picture as a user would cut it out.

The way of a line: `koocr.data.text` says what, `pool` who; `typeset` puts the letters in a row, `marks` draws
what stands beside them, `bending` gives size and shape, `paper` tones, `faults` what a camera does. `stream`
tells that story; start reading there. Everything is a function of a seed.
"""

from koocr.data.synthesis.lines.conditions import CONDITIONS, ConditionStream
from koocr.data.synthesis.lines.pool import HandPool
from koocr.data.synthesis.lines.settings import DrawingSettings
from koocr.data.synthesis.lines.stream import DrawnLine, LineBatch, LineStream

__all__ = [
    "CONDITIONS",
    "ConditionStream",
    "DrawingSettings",
    "DrawnLine",
    "HandPool",
    "LineBatch",
    "LineStream",
]
