"""Batches of lines: a function of the seed and the number; images, texts and spans that fit together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from koocr.charset import line_charset
from koocr.data.synthesis.lines import CONDITIONS, ConditionStream, DrawingSettings, HandPool, LineStream
from koocr.data.synthesis.lines.conditions import condition_settings
from koocr.data.synthesis.lines.settings import PoolSettings
from koocr.data.text import LineText, text_split
from koocr.errors import ConfigError, DataError
from tests.data.made_faces import bars, make_face

from .conftest import COMMON, WORDS, indices

CLEAN = replace(DrawingSettings.clean(), shape=replace(DrawingSettings.clean().shape, em_px=(48.0, 48.0)))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def same(one, other) -> bool:
    return one.texts == other.texts and all(map(np.array_equal, one.images, other.images))


def test_the_same_seed_gives_the_same_bytes_in_any_order(faces, coverage, writer, line_text) -> None:
    one, other = (
        LineStream(HandPool(faces, coverage, writers=[writer]), line_text, seed=3) for _ in range(2)
    )
    forwards = [one.batch(number, 8) for number in range(4)]
    backwards = [other.batch(number, 8) for number in reversed(range(4))][::-1]
    for first, second in zip(forwards, backwards, strict=True):
        assert same(first, second)
        assert all(map(np.array_equal, first.spans, second.spans))
        assert first.sources == second.sources and first.kinds == second.kinds
    assert not same(forwards[0], forwards[1])
    assert not same(LineStream(HandPool(faces, coverage), line_text, seed=4).batch(0, 8), forwards[0])


def test_a_larger_batch_begins_with_the_same_lines(pool: HandPool, line_text: LineText) -> None:
    stream = LineStream(pool, line_text)
    few, many = stream.batch(2, 4), stream.batch(2, 9)
    assert len(few) == 4 and len(many) == 9
    assert few.texts == many.texts[:4] and all(map(np.array_equal, few.images, many.images[:4]))


def test_lines_are_what_they_say_they_are(pool: HandPool, line_text: LineText) -> None:
    stream = LineStream(pool, line_text, seed=1)
    for number in range(8):
        batch = stream.batch(number, 16)
        for image, text, spans in zip(batch.images, batch.texts, batch.spans, strict=True):
            assert image.ndim == 2 and image.dtype == np.uint8 and min(image.shape) >= 5
            assert line_charset().covers(text) and 1 <= len(text) <= 16
            assert spans.shape == (len(text), 2) and spans.dtype == np.float32
            assert spans.min() >= -3 and spans.max() <= image.shape[1] + 3
            assert (spans[:, 1] >= spans[:, 0]).all()
            assert int(image.max()) - int(image.min()) > 25
        assert batch.is_handwritten.tolist() == [name in ("handwriting", "hhr-001") for name in batch.sources]


def test_lines_of_a_batch_are_about_equally_long_if_asked_for(pool: HandPool, line_text: LineText) -> None:
    def spread(is_similar: bool) -> float:
        stream = LineStream(pool, line_text, settings=replace(CLEAN, similar_lengths=is_similar))
        lengths = [[len(text) for text in stream.batch(number, 12).texts] for number in range(6)]
        return float(np.mean([np.std(batch) for batch in lengths]))

    assert spread(True) < 0.7 * spread(False)


def test_clean_lines_hold_exactly_the_letters_of_the_face(pool: HandPool, line_text: LineText) -> None:
    """Every dark column lies in some letter's span, and each letter's span begins and ends with ink."""
    only = HandPool(pool._faces, pool._coverage, settings=PoolSettings(handwriting=0.0, mixed_latin=0.0))
    batch = LineStream(only, line_text, settings=CLEAN).batch(0, 12)
    for image, text, spans in zip(batch.images, batch.texts, batch.spans, strict=True):
        dark = (image < 128).any(0)
        inside = np.zeros(len(dark), bool)
        for (left, right), symbol in zip(spans.tolist(), text, strict=True):
            if symbol != " ":
                inside[round(left) : round(right)] = True
                assert dark[round(left)] and dark[round(right) - 1]
            else:
                assert not dark[round(left) : round(right)].any()
        assert not (dark & ~inside).any()


def test_writers_say_no_forms(faces, coverage, writer, line_text) -> None:
    pool = HandPool(faces, coverage, writers=[writer], settings=PoolSettings(0, 0, 0, 0, 1))
    batch = LineStream(pool, line_text).batch(0, 10)
    assert set(batch.sources) == {"hhr-001"} and set(batch.kinds) == {"syllables"}, "it has few syllables"
    assert all(set(text) <= set("".join(writer.labels) + " .,!?~…·:;-ㅋㅎㅠㅜㅇㅡ") for text in batch.texts)


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_draw_ten_words_of_their_split(name: str, pool: HandPool) -> None:
    stream = ConditionStream(pool, WORDS, conditions=[name], split="test", seed=2)
    batch = stream.batch(0, 3)
    assert same(batch, ConditionStream(pool, WORDS, conditions=[name], split="test", seed=2).batch(0, 3))
    for text in batch.texts:
        words = text.split(" ")
        assert len(words) == 10 and {text_split(word) for word in words} == {"test"}


def test_conditions_differ_from_the_basic_one(pool: HandPool) -> None:
    basic = ConditionStream(pool, WORDS, conditions=["basic"]).batch(0, 1).images[0]
    for name in CONDITIONS[1:]:
        other = ConditionStream(pool, WORDS, conditions=[name]).batch(0, 1).images[0]
        assert other.shape != basic.shape or not np.array_equal(other, basic), name
    mixed = ConditionStream(pool, WORDS, conditions=["basic", "blur"]).batch(0, 2).images
    assert np.array_equal(mixed[0], basic)


def test_conditions_that_there_are_not_are_refused(pool: HandPool) -> None:
    with pytest.raises(ConfigError, match="'fog'"):
        condition_settings("fog")
    with pytest.raises(ConfigError, match="no condition"):
        ConditionStream(pool, WORDS, conditions=[])
    with pytest.raises(DataError, match="no word"):
        ConditionStream(pool, [])


def test_a_pool_is_loaded_from_a_folder(tmp_path: Path, writer) -> None:
    make_face(tmp_path / "a.ttf", COMMON[:5], pictures={"1": bars(1)})
    rows = "id,klass,split,file,licence\na,serif,train,a.ttf,OFL\nb,serif,test,b.ttf,OFL\n"
    (tmp_path / "faces.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "coverage.tsv").write_text(f"a\t{COMMON[:5]}\n", encoding="utf-8")
    pool = HandPool.load(tmp_path, split="train")
    assert np.array_equal(pool.pick(rng()).syllables, indices(COMMON[:5]))
    with pytest.raises(DataError, match="b"):
        HandPool.load(tmp_path, split="test")
