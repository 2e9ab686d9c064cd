"""How common syllables are, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.data.frequencies import syllable_frequencies
from koocr.errors import DataError
from koocr.hangul import nfd, syllable_index


def write(folder: Path, text: str) -> Path:
    path = folder / "단어.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_shares_are_those_of_the_words(tmp_path: Path) -> None:
    """가 is in both words, twice in the second: 0.01 + 2 · 0.03 = 0.07 of 0.01 · 2 + 0.03 · 3 = 0.11."""
    words = write(tmp_path, f"가나\t-2\n{nfd('가가다')}\t{np.log10(0.03)}\n\nabc\t-1\n")
    shares = syllable_frequencies(words)
    assert shares.shape == (11172,)
    found = {char: shares[syllable_index(char)] for char in "가나다라"}
    assert found == pytest.approx({"가": 7 / 11, "나": 1 / 11, "다": 3 / 11, "라": 0})
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("가나\t-2\n다라", r"단어\.tsv:2: '다라' is not a word, a tab and a logarithm"),
        ("가나\tviel", r"단어\.tsv:1: "),
        ("가나\tnan", "is not a word, a tab and a logarithm"),
        ("가나\tinf", "is not a word, a tab and a logarithm"),
        ("가나\t999", "is not a word, a tab and a logarithm"),
        ("", "the word list has no Korean word"),
        ("word\t-1\n가\t-inf", "the word list has no Korean word"),
    ],
)
def test_wrong_lists(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        syllable_frequencies(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xff")
    for path in (tmp_path / "none", tmp_path, tmp_path / "latin"):
        with pytest.raises(DataError, match="the word list can't be read"):
            syllable_frequencies(path)
