"""Which glyphs come up, and how often."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from koocr.data.glyphs import GLYPH_SIZE, GlyphStore
from koocr.data.synthesis.sampling import GlyphSampler, SamplingSettings, syllables_to_hide
from koocr.errors import ConfigError
from koocr.hangul import NUM_SYLLABLES, syllable_index

COUNT = 60_000
GA, NA, DAK, GIYEOK, NIEUN = *(syllable_index(char) for char in "가나닭"), NUM_SYLLABLES, NUM_SYLLABLES + 3


def make_store(*sources: tuple[str, bool, list[int]]) -> GlyphStore:
    symbols = [symbol for _, _, drawn in sources for symbol in drawn]
    return GlyphStore(
        images=np.zeros((len(symbols), GLYPH_SIZE, GLYPH_SIZE), np.uint8),
        symbols=np.array(symbols, np.int32),
        sources=np.repeat(np.arange(len(sources), dtype=np.int32), [len(drawn) for _, _, drawn in sources]),
        names=tuple(name for name, _, _ in sources),
        kinds=tuple("handwritten" if is_real else "printed" for _, is_real, _ in sources),
        is_real=tuple(is_real for _, is_real, _ in sources),
    )


STORE = make_store(
    ("serif", False, [GA, NA, DAK, GIYEOK]),
    ("clova-1", False, [GA, NIEUN]),
    ("clova-2", False, [GA, GA]),
    ("writer", True, [NA, DAK, GIYEOK]),
)


def shares(
    settings: SamplingSettings, *, by: str = "symbols", store: GlyphStore = STORE, **how
) -> dict[int, float]:  # type: ignore[no-untyped-def]
    rows = GlyphSampler(store, settings, **how).sample(np.random.default_rng(0), COUNT)
    counts = Counter(getattr(store, by)[rows].tolist())
    return {value: count / COUNT for value, count in counts.items()}


def near(expected: dict[int, float]) -> object:
    return pytest.approx(expected, abs=4 * (0.25 / COUNT) ** 0.5)  # four standard deviations


DRAWN_ONLY = SamplingSettings(uniform=1.0, real=0.0, single_jamo=0.0)


def test_syllables_come_uniformly_and_then_one_of_their_faces() -> None:
    assert shares(DRAWN_ONLY) == near({GA: 1 / 3, NA: 1 / 3, DAK: 1 / 3})
    assert shares(DRAWN_ONLY, by="sources") == near({0: 1 / 3 * 1 / 4 + 2 / 3, 1: 1 / 12, 2: 2 / 12})


def test_frequencies_are_followed_by_their_share() -> None:
    frequencies = np.zeros(NUM_SYLLABLES)
    frequencies[[GA, NA, syllable_index("힣")]] = 3.0, 1.0, 100.0  # nobody draws the last
    for uniform in (0.0, 0.5, 1.0):
        found = shares(SamplingSettings(uniform, 0.0, 0.0), frequencies=frequencies)
        expected = {
            GA: uniform / 3 + (1 - uniform) * 0.75,
            NA: uniform / 3 + (1 - uniform) * 0.25,
            DAK: uniform / 3,
        }
        assert found == near({symbol: share for symbol, share in expected.items() if share})


def test_frequencies_of_nothing_that_is_drawn_leave_it_uniform() -> None:
    assert shares(SamplingSettings(0.0, 0.0, 0.0), frequencies=np.zeros(NUM_SYLLABLES)) == near(
        {GA: 1 / 3, NA: 1 / 3, DAK: 1 / 3}
    )


def test_single_jamo_have_their_share() -> None:
    found = shares(SamplingSettings(1.0, 0.0, 0.2))
    assert found == near({GA: 0.8 / 3, NA: 0.8 / 3, DAK: 0.8 / 3, GIYEOK: 0.1, NIEUN: 0.1})


def test_without_any_jamo_there_are_only_syllables() -> None:
    store = make_store(("serif", False, [GA, NA]))
    assert shares(SamplingSettings(1.0, 0.0, 0.2), store=store) == near({GA: 0.5, NA: 0.5})


def test_real_hands_have_their_share_crop_by_crop() -> None:
    settings = SamplingSettings(1.0, 0.3, 0.0)
    assert shares(settings, by="sources")[3] == pytest.approx(0.3, abs=0.008)
    assert shares(settings)[GIYEOK] == pytest.approx(0.1, abs=0.006)


def test_without_real_hands_all_is_drawn() -> None:
    store = make_store(("serif", False, [GA, NA]))
    assert shares(SamplingSettings(1.0, 0.5, 0.0), store=store) == near({GA: 0.5, NA: 0.5})


def test_hidden_symbols_never_appear_not_even_written_by_hand() -> None:
    settings = SamplingSettings(1.0, 0.4, 0.2, hidden_symbols=frozenset({NA, GIYEOK}))
    found = shares(settings)
    assert set(found) == {GA, DAK, NIEUN}
    assert shares(settings, by="sources")[3] == pytest.approx(0.4, abs=0.01)


def test_sources_left_out_never_appear() -> None:
    settings = SamplingSettings(1.0, 0.5, 0.2)
    assert set(shares(settings, by="sources", leave_out=("clova-",))) == {0, 3}
    assert set(shares(settings, by="sources", leave_out=("clova-1", "wri"))) == {0, 2}


@pytest.mark.parametrize("how", [{"leave_out": ("serif", "clova")}, {"hidden": frozenset({GA, NA, DAK})}])
def test_nothing_left_to_show(how: dict[str, object]) -> None:
    hidden = how.pop("hidden", frozenset())
    with pytest.raises(ConfigError, match="no face draws any of the syllables to be shown"):
        GlyphSampler(STORE, SamplingSettings(hidden_symbols=hidden), **how)  # type: ignore[arg-type]


def test_a_number_next_to_one_finds_a_symbol() -> None:
    class Last(np.random.Generator):
        def random(self, size: Any = None, *_: Any) -> Any:
            return np.full(size, np.nextafter(1.0, 0.0))

    frequencies = np.random.default_rng(0).random(NUM_SYLLABLES)
    everything = make_store(("serif", False, list(range(0, NUM_SYLLABLES - 7))))
    sampler = GlyphSampler(everything, SamplingSettings(0.3, 0.0, 0.0), frequencies=frequencies)
    (row,) = sampler.sample(Last(np.random.PCG64(0)), 1)
    assert everything.symbols[row] == NUM_SYLLABLES - 8


@pytest.mark.parametrize("name", ["uniform", "real", "single_jamo"])
@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_shares_that_are_none(name: str, share: float) -> None:
    with pytest.raises(ConfigError, match=f"the share {name} is {share}; give a number from 0 to 1"):
        SamplingSettings(**{name: share})


def test_syllables_to_hide_are_a_share_and_always_the_same() -> None:
    hidden = syllables_to_hide(0.2)
    assert len(hidden) == round(0.2 * NUM_SYLLABLES) and max(hidden) < NUM_SYLLABLES
    assert hidden == syllables_to_hide(0.2)
    assert syllables_to_hide(0.1) < hidden
    assert syllables_to_hide(0.0) == frozenset()
    assert len(syllables_to_hide(1.0)) == NUM_SYLLABLES
