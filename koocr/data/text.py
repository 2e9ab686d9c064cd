"""Texts for drawn lines: ordinary sentences, rare syllables among words, and forms.

A source gives one text after another, each a function of the random generator alone. `LineText` mixes the
sources and cuts what they give to the length of a line, out of symbols that the hand at work can draw.
Which split a text belongs to is decided by a hash of it, so that no model meets in training what it is
measured on later, whatever the order or number of files.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from koocr.charset import normalise
from koocr.errors import ConfigError, DataError
from koocr.hangul import JAMO

__all__ = [
    "KINDS",
    "LineText",
    "Repertoire",
    "Sentences",
    "Syllables",
    "Text",
    "TextSettings",
    "TextSource",
    "read_texts",
    "read_words",
    "text_split",
]

KINDS = ("sentences", "syllables", "forms")
_WORDS = "dictionary_words"
_FIRST_SYLLABLE = 0xAC00
_NUM_CODES = 0x10000  # all symbols of lines lie in the basic plane
_TRIES = 2000  # a split of 2 % is missed by that many texts once in 10^17
_MOST_EMPTY = 25  # of which the hand draws not a word
_MAX_ITEMS = 40  # of a source for one line
_SAID = ("ㅋㅋ", "ㅋㅋㅋ", "ㅎㅎ", "ㅠㅠ", "ㅜㅜ", "ㅇㅇ", "ㄴㄴ", "ㅡㅡ")
_OPENING = re.compile(r"""(?<![^\s(\[{<「『])["'](?=\S)""")
_ENDS = (*".,!?:;", "...", "…", "~", "!!")


class Text(NamedTuple):
    """A text and its kind, one of `KINDS`."""

    text: str
    kind: str


class Repertoire:
    """The symbols that a hand can draw.

    Args:
        syllables: (S,) indices of syllables, 0 to 11,171; at least one.
        others: the other symbols, without the space, which every hand can leave.
        weights: (11172,) how often each syllable shall come among random ones, any scale; None: equally
            often.
    """

    def __init__(
        self,
        syllables: npt.NDArray[np.int32],
        others: str = "",
        *,
        weights: npt.NDArray[np.float64] | None = None,
    ) -> None:
        if not len(syllables):
            raise DataError("this hand draws no syllables; leave it out")
        self._codes = syllables.astype(np.uint32) + np.uint32(_FIRST_SYLLABLE)
        self._drawn = np.zeros(_NUM_CODES, bool)
        self._drawn[self._codes] = True
        self._drawn[_codes(others + " ")] = True
        shares = np.ones(len(syllables)) if weights is None else weights[syllables]
        self._cumulative = np.cumsum(shares) / shares.sum()
        self.others = others

    def draws(self, text: str) -> bool:
        """Whether all symbols of a text can be drawn."""
        codes = _codes(text)
        return bool(len(codes) == 0 or (codes.max() < _NUM_CODES and self._drawn[codes].all()))

    def random_syllables(self, rng: np.random.Generator, count: int) -> str:
        """Syllables drawn at random, by the weights."""
        places = np.searchsorted(self._cumulative, rng.random(count), side="right")
        chosen = self._codes[np.minimum(places, len(self._codes) - 1)]
        return chosen.astype("<u4").tobytes().decode("utf-32-le")


class TextSource(Protocol):
    """Gives texts of one kind, of any length; `LineText` cuts them."""

    def item(self, rng: np.random.Generator, repertoire: Repertoire) -> str:
        """The next text; it may hold words that the hand can't draw."""


class Sentences:
    """Ordinary text, from a random word of a random line on, or from the line's beginning.

    Args:
        groups: lines of text, grouped by file; each group comes equally often, whatever its size.
        split: only lines of this split are used.

    Raises:
        DataError: no line belongs to the split.
    """

    def __init__(self, groups: Sequence[Sequence[str]], *, split: str) -> None:
        self._groups = [kept for group in groups if (kept := _of_split(group, split))]
        if not self._groups:
            raise DataError(f"no line of text belongs to the split {split!r}; add text files")

    def item(self, rng: np.random.Generator, repertoire: Repertoire) -> str:
        """A line, or its end."""
        group = self._groups[rng.integers(len(self._groups))]
        words = group[rng.integers(len(group))].split(" ")
        start = int(rng.integers(len(words))) if rng.random() < 0.5 else 0
        return " ".join(words[start:])


class Syllables:
    """Syllables at random among words, so that a reader doesn't become a dictionary.

    Args:
        words: of a dictionary.
        split: only words of this split are used.

    Raises:
        DataError: no word belongs to the split.
    """

    def __init__(self, words: Sequence[str], *, split: str) -> None:
        self._words = _of_split(words, split)
        if not self._words:
            raise DataError(f"no word belongs to the split {split!r}; add a word list")

    def item(self, rng: np.random.Generator, repertoire: Repertoire) -> str:
        """One word: mostly syllables at random, else of the dictionary, now and then single jamo."""
        kind = rng.random()
        if kind < 0.60:
            word = repertoire.random_syllables(rng, min(12, int(rng.geometric(0.35))))
        elif kind < 0.93:
            word = self._words[rng.integers(len(self._words))]
        elif kind < 0.97:
            word = _SAID[rng.integers(len(_SAID))]
        else:
            word = "".join(JAMO[number] for number in rng.integers(0, len(JAMO), int(rng.integers(1, 4))))
        return word + _ENDS[rng.integers(len(_ENDS))] if rng.random() < 0.08 else word


@dataclass(frozen=True)
class TextSettings:
    """What lines say.

    Attributes:
        sentences, syllables, forms: shares of the kinds, any scale.
        min_length, max_length: in symbols, both ends included.
        curled: share of the sentences whose straight quotation marks become curly ones.
        respaced: share of the sentences whose word spaces are moved, lost or added against the grammar.
    """

    sentences: float = 1 / 3
    syllables: float = 1 / 3
    forms: float = 1 / 3
    min_length: int = 2
    max_length: int = 40  # a line of a book; longer ones cost time and teach nothing new
    curled: float = 0.0
    respaced: float = 0.12  # or a reader learns to put spaces where they belong, not where they are

    def __post_init__(self) -> None:
        """Raises ConfigError on shares or lengths that are none."""
        shares = (self.sentences, self.syllables, self.forms)
        if min(shares) < 0 or sum(shares) <= 0 or not (0 <= self.respaced <= 1 and 0 <= self.curled <= 1):
            raise ConfigError(f"the shares of texts {shares} don't say how to mix; give positive numbers")
        if not 1 <= self.min_length <= self.max_length:
            raise ConfigError(
                f"lines of {self.min_length} to {self.max_length} symbols can't be; give 1 or more"
            )


class LineText:
    """The mixture of sources, cut to lines.

    Args:
        sources: kind → source; kinds without one are left out of the mixture.
        split: what is drawn belongs to this split.
        settings: shares and lengths.

    Raises:
        ConfigError: none of the kinds with a share has a source.
    """

    def __init__(
        self, sources: Mapping[str, TextSource], *, split: str, settings: TextSettings | None = None
    ) -> None:
        self.settings = settings or TextSettings()
        self._split = split
        self._sources = dict(sources)
        shares = {kind: getattr(self.settings, kind) for kind in KINDS if kind in sources}
        if not sum(shares.values()) > 0:
            raise ConfigError("none of the kinds of text that have a share has a source; name text files")
        self._shares = shares

    def draw(
        self, rng: np.random.Generator, repertoire: Repertoire, *, length: int, kinds: Sequence[str] = KINDS
    ) -> Text:
        """A line of about `length` symbols.

        It ends with the word that reaches the length, unless that makes it longer than a line may be.

        Args:
            rng: source of all chance.
            repertoire: what can be drawn; other words are passed over.
            length: in symbols.
            kinds: those that fit; where none of them has a source, any.

        Raises:
            DataError: the hand can draw none of many texts.
        """
        kind = self._kind(rng, kinds)
        num_empty = 0
        for _ in range(_TRIES):
            text = self._fill(self._sources[kind], rng, repertoire, length)
            is_sentence = kind == "sentences" and bool(text)
            if is_sentence and self.settings.curled and rng.random() < self.settings.curled:
                text = curled if repertoire.draws(curled := _curled(text)) else text
            if is_sentence and rng.random() < self.settings.respaced:
                text = _respaced(text, rng)[: self.settings.max_length].strip(" ")
            # lines of a file belong to the split as a whole, what is made up by itself
            if text and (kind == "sentences" or text_split(text) == self._split):
                return Text(text, kind)
            num_empty += not text
            if num_empty == _MOST_EMPTY:
                break
        raise DataError(f"a hand can draw none of the texts ({kind}); leave the hand out, or add texts")

    def _kind(self, rng: np.random.Generator, kinds: Sequence[str]) -> str:
        shares = {kind: share for kind, share in self._shares.items() if kind in kinds}
        if not sum(shares.values()) > 0:
            shares = self._shares
        place = rng.random() * sum(shares.values())
        for kind, share in shares.items():
            place -= share
            if place < 0:
                return kind
        return tuple(shares)[-1]

    def _fill(self, source: TextSource, rng: np.random.Generator, repertoire: Repertoire, length: int) -> str:
        text, longest = "", self.settings.max_length
        for _ in range(_MAX_ITEMS):
            words = normalise(source.item(rng, repertoire)).split(" ")
            for word in filter(repertoire.draws, words):
                joined = f"{text} {word}" if text else word[:longest]
                if len(joined) > longest:
                    return text
                text = joined
                if len(text) >= length:
                    return text
        return text


def text_split(text: str) -> str:
    """Says which split a text belongs to, by its hash: `test` (2 %), `val` (2 %) or `train`."""
    number = int.from_bytes(blake2b(normalise(text).encode(), digest_size=8).digest(), "big") % 100
    return "test" if number < 2 else "val" if number < 4 else "train"


def read_texts(folder: str | os.PathLike[str]) -> list[list[str]]:
    """Reads the lines of all text files of a folder, but not of its word list; sorted by file name.

    Args:
        folder: with files `*.txt` or `*.txt.gz`, UTF-8.

    Raises:
        DataError: there are none, or one can't be read.
    """
    paths = [path for path in _text_files(folder) if not path.name.startswith(_WORDS)]
    if not paths:
        raise DataError("there are no text files (*.txt, *.txt.gz) here; name another folder", file=folder)
    return [_read_lines(path) for path in paths]


def read_words(folder: str | os.PathLike[str]) -> list[str]:
    """Reads the word list of a folder, `dictionary_words.txt` or `dictionary_words.txt.gz`.

    Raises:
        DataError: there is none, or it can't be read.
    """
    for path in _text_files(folder):
        if path.name.startswith(_WORDS):
            return _read_lines(path)
    raise DataError(f"there is no {_WORDS}.txt or {_WORDS}.txt.gz here; name another folder", file=folder)


def _text_files(folder: str | os.PathLike[str]) -> list[Path]:
    return sorted(path for pattern in ("*.txt", "*.txt.gz") for path in Path(folder).glob(pattern))


def _read_lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"this is no text in UTF-8 ({error})", file=path) from error
    return list(dict.fromkeys(line for raw_line in text.split("\n") if (line := normalise(raw_line))))


def _of_split(texts: Iterable[str], split: str) -> list[str]:
    return [text for text in texts if text_split(text) == split]


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _curled(text: str) -> str:
    """Puts the quotation marks of books: the opening one where a word begins, the closing one elsewhere."""
    text = _OPENING.sub(lambda mark: "“" if mark[0] == '"' else "‘", text)
    return text.replace('"', "”").replace("'", "’")


def _respaced(text: str, rng: np.random.Generator) -> str:
    """Loses every space, or some, or puts some where none belong."""
    kind = rng.random()
    if kind < 0.25:
        return text.replace(" ", "")
    if kind < 0.6:
        return "".join(char for char in text if char != " " or rng.random() < 0.6)
    share = 1.0 if kind > 0.95 else 0.15
    spaced = "".join(char + " " if rng.random() < share else char for char in text)
    return normalise(spaced)
