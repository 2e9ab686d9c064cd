"""Lines of forms: repeatable, of all kinds, and written in the symbols of lines."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from koocr.charset import ASCII, SIGNS, line_charset, normalise
from koocr.data.forms import Forms
from koocr.data.text import Repertoire
from koocr.errors import MissingDependencyError
from koocr.hangul import JAMO, NUM_SYLLABLES

pytest.importorskip("faker", reason="Faker is in the extra 'train'")
EVERYTHING = Repertoire(np.arange(NUM_SYLLABLES, dtype=np.int32), ASCII[1:] + SIGNS + "".join(JAMO))


@pytest.fixture(scope="module")
def items() -> list[str]:
    forms = Forms()
    return [forms.item(np.random.default_rng(number), EVERYTHING) for number in range(1800)]


def test_the_same_generator_gives_the_same_form(items: list[str]) -> None:
    again = Forms()
    assert [again.item(np.random.default_rng(number), EVERYTHING) for number in range(50)] == items[:50]
    assert len(set(items)) > 0.85 * len(items)


def test_nearly_all_words_are_in_the_charset(items: list[str]) -> None:
    words = " ".join(map(normalise, items)).split(" ")
    assert np.mean([line_charset().covers(word) for word in words]) > 0.99


def test_every_ascii_character_and_many_signs_are_met(items: list[str]) -> None:
    met = set("".join(items))
    assert met >= set(ASCII)
    assert len(met & set(SIGNS)) > 0.4 * len(SIGNS)


@pytest.mark.parametrize(
    "pattern", ["원", "@", "년 ", "010-", "시 ", "https://", "㈜", "※", "제1", "USB", "「", "%", "=", "서울"]
)
def test_all_kinds_come(items: list[str], pattern: str) -> None:
    assert any(pattern in item for item in items)


def test_only_signs_that_the_hand_draws_stand_alone() -> None:
    forms, plain = Forms(), Repertoire(np.arange(NUM_SYLLABLES, dtype=np.int32), "+")
    items = [forms.item(np.random.default_rng(number), plain) for number in range(400)]
    assert not {"♬", "㎒", "⑲"} & set("".join(items))


def test_without_faker_its_name_and_extra_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(MissingDependencyError, match=r"Faker.*koocr\[train\]"):
        Forms()


def test_manuals_name_commands_and_explain_words_in_brackets():
    plain = Repertoire(np.arange(NUM_SYLLABLES, dtype=np.int32), "-")
    rng = np.random.default_rng(0)
    found = [Forms(manuals=True).item(rng, plain) for _ in range(400)]
    assert any(re.search(r"[가-힣]\([A-Za-z가-힣 ]+\)[가-힣]", text) for text in found)
    assert any(re.search(r"\\[a-z]{4,}", text) for text in found)
