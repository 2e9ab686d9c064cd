"""Five kinds of lines under which the HCLT 2019 study of Korean recognisers compared them.

It drew ten dictionary words a line: plainly, askew, distorted by waves, blurred, and on grounds that are not
blank. The strengths here are those of a program that is often used for it, TextRecognitionDataGenerator (skew
up to 5 degrees, a sine, Gaussian blur, noise and patterns as ground), as far as they are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from koocr.data.synthesis.lines.hands import Hand
from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.lines.pool import HandPool
from koocr.data.synthesis.lines.settings import DrawingSettings, PaperSettings
from koocr.data.synthesis.lines.stream import DrawnLine, LineBatch, draw_line
from koocr.data.text import Text, text_split
from koocr.errors import ConfigError, DataError

__all__ = ["CONDITIONS", "ConditionStream", "condition_settings"]

CONDITIONS = ("basic", "skew", "distortion", "blur", "background")
_TRIES = 100  # words looked at for each that a face draws


def condition_settings(name: str) -> DrawingSettings:
    """How the lines of a condition are drawn.

    Raises:
        ConfigError: there is no such condition.
    """
    basic = DrawingSettings.clean()
    shape = replace(basic.shape, em_px=(26.0, 40.0), margin=0.12, side_margin=0.2)
    basic = replace(basic, shape=shape)
    background = PaperSettings(
        plain=0.0,
        least_contrast=90.0,
        light_on_dark=0.0,
        texture=0.6,
        pattern=0.4,
        picture=0.4,
        show_through=0.0,
        light=0.2,
        dry_pen=0.0,
    )
    settings = {
        "basic": basic,
        "skew": replace(basic, shape=replace(shape, skew=1.0, skew_deg=2.5, most_skew_deg=5.0)),
        "distortion": replace(basic, shape=replace(shape, wave=(0.04, 0.16))),
        "blur": replace(basic, faults=replace(basic.faults, fixed_blur=0.045)),
        "background": replace(basic, paper=background),
    }
    if name not in settings:
        raise ConfigError(f"there is no condition {name!r}; there are {', '.join(CONDITIONS)}")
    return settings[name]


class ConditionStream:
    """Batches of lines under some of the conditions; batch i is a function of the seed and i alone.

    Args:
        pool: who draws.
        words: of a dictionary.
        conditions: each line is under one of these, in turn.
        split: only words of this split are used.
        num_words: of each line.
        seed: another seed, other lines.

    Raises:
        ConfigError: there is no such condition, or none is named.
        DataError: no word belongs to the split.
    """

    def __init__(
        self,
        pool: HandPool,
        words: Sequence[str],
        *,
        conditions: Sequence[str] = CONDITIONS,
        split: str = "train",
        num_words: int = 10,
        seed: int = 0,
    ) -> None:
        if not conditions:
            raise ConfigError(f"no condition is named; there are {', '.join(CONDITIONS)}")
        self._settings = [condition_settings(name) for name in conditions]
        self._pool = pool
        self._words = [word for word in words if text_split(word) == split]
        if not self._words:
            raise DataError(f"no word belongs to the split {split!r}; add a word list")
        self._num_words = num_words
        self._seed = seed
        self._textures = Textures(seed)

    def batch(self, index: int, size: int = 32) -> LineBatch:
        """Batch number `index`, from 0, of `size` lines."""
        return LineBatch.of([self._line(index, number) for number in range(size)])

    def _line(self, index: int, number: int) -> DrawnLine:
        rng = np.random.default_rng([self._seed, index, number])
        settings = self._settings[number % len(self._settings)]
        hand = self._pool.pick(rng)
        text = Text(self._ten_words(hand, rng), "words")
        return draw_line(text, hand, rng, pool=self._pool, settings=settings, textures=self._textures)

    def _ten_words(self, hand: Hand, rng: np.random.Generator) -> str:
        repertoire = self._pool.repertoire(hand)
        places = rng.integers(0, len(self._words), _TRIES * self._num_words).tolist()
        drawn = [word for place in places if repertoire.draws(word := self._words[place])]
        if len(drawn) < self._num_words:
            raise DataError(f"the face {hand.name} draws too few of the words; leave it out")
        return " ".join(drawn[: self._num_words])
