"""What lines are drawn from: splits that don't meet, groups of the validation, sources left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="it belongs to training")
pytest.importorskip("faker", reason="forms are made up by Faker")

from koocr.data.text import TextSettings, text_split
from koocr.errors import DataError
from koocr.line.batches import fit_lines
from koocr.line.drawn import LineDrawing, LineSources, fitted_batches, line_data, validation_lines
from koocr.line.labelled import LabelledLines, LabelledSettings
from tests.drawn_lines import make_sources
from tests.labelled_lines import write_labels

DRAWING = LineDrawing(batch_size=24, text=TextSettings(max_length=12), num_validation=6)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> LineSources:
    return make_sources(tmp_path_factory.mktemp("sources"))


def test_training_and_validation_share_neither_hands_nor_texts(sources: LineSources) -> None:
    data = line_data(sources, DRAWING)
    train = data.batches(0)
    assert len(train) == 24 and set(train.sources) <= {"serif", "clova-1", "hhr-001", "written"}
    assert data.validation is not None
    groups = data.validation.groups
    assert {name: set(lines.sources) for name, lines in groups.items()} == {
        "clean": {"gothic"},
        "hands": {"pen"},
        "writers": {"hhr-004"},
        "degraded": {"gothic", "pen"},
    }
    assert all(len(lines) == 6 for lines in groups.values())
    made_up = [
        text
        for lines in groups.values()
        for text, kind in zip(lines.texts, lines.kinds, strict=True)
        if kind != "sentences"
    ]
    assert made_up and {text_split(text) for text in made_up} == {"val"}
    assert max(map(len, train.texts)) <= 12


def test_batches_are_a_function_of_seed_and_number(sources: LineSources) -> None:
    one, same = (line_data(sources, replace(DRAWING, num_validation=0)) for _ in range(2))
    other = line_data(sources, replace(DRAWING, num_validation=0, seed=1))
    assert one.validation is None
    first, again, next_one = one.batches(3), same.batches(3), one.batches(4)
    assert first.texts == again.texts and first.texts != next_one.texts
    assert all(np.array_equal(left, right) for left, right in zip(first.images, again.images, strict=True))
    assert other.batches(3).texts != first.texts


def test_batches_do_not_hang_on_what_was_drawn_before(sources: LineSources) -> None:
    """Or training that was stopped would go on with other lines; faces, hands and pens among them."""
    drawing = replace(DRAWING, batch_size=6, num_validation=0)
    onwards = line_data(sources, drawing)
    expected = [onwards.batches(number) for number in range(8)]
    assert {"written", "serif", "clova-1"} <= {name for batch in expected for name in batch.sources}
    for numbers in ((7, 3, 0), (2, 6, 1), (5, 4)):
        fresh = line_data(sources, drawing)
        for number in numbers:
            found = fresh.batches(number)
            assert found.texts == expected[number].texts
            assert all(map(np.array_equal, found.images, expected[number].images))


def test_the_validation_is_the_same_for_every_seed(sources: LineSources) -> None:
    one, other = (validation_lines(sources, replace(DRAWING, seed=seed)) for seed in (0, 1))
    for name, lines in one.groups.items():
        assert lines.texts == other.groups[name].texts
        assert all(map(np.array_equal, lines.images, other.groups[name].images))


def test_clean_lines_are_black_on_white_and_degraded_ones_are_not(sources: LineSources) -> None:
    groups = validation_lines(sources, replace(DRAWING, num_validation=12)).groups
    grounds = {
        name: [int(np.percentile(image, 95)) for image in lines.images] for name, lines in groups.items()
    }
    assert min(grounds["clean"]) > 225 and min(grounds["hands"]) > 225
    assert min(grounds["degraded"]) < 200


def test_sources_that_are_left_out(sources: LineSources) -> None:
    data = line_data(replace(sources, leave_out=("clova-", "hhr-")), DRAWING)
    assert set(data.batches(1).sources) - {"written"} == {"serif"}
    assert data.validation is not None and "writers" not in data.validation.groups
    with pytest.raises(DataError, match="no face of the split train is in the list"):
        line_data(replace(sources, leave_out=("serif", "clova-1")), DRAWING)
    with pytest.raises(DataError, match="no face of the split val is in the list"):
        validation_lines(replace(sources, leave_out=("gothic", "pen", "hhr-004")), DRAWING)


def test_without_hands(sources: LineSources, tmp_path: Path) -> None:
    faces = line_data(replace(sources, handwriting=None), DRAWING).batches(0).sources
    assert set(faces) <= {"serif", "clova-1", "written"}
    with pytest.raises(DataError, match="none of the train writers"):
        line_data(replace(sources, handwriting=tmp_path), DRAWING)
    with pytest.raises(DataError, match="there are no text files"):
        line_data(replace(sources, text=tmp_path), DRAWING)


def test_labelled_lines_take_places_of_drawn_ones(sources: LineSources, tmp_path: Path) -> None:
    path = write_labels(tmp_path / "gt.tsv", ["가나", "다라", "마바"])
    drawing = replace(DRAWING, batch_size=6, num_validation=0)
    settings = LabelledSettings(paths=(path,), share=0.5)
    drawn = line_data(sources, drawing).batches
    mixed = line_data(sources, drawing, labelled=LabelledLines(settings)).batches
    for index in (4, 0):
        lines, alone = mixed(index), drawn(index)
        assert len(lines) == 6 and lines.texts[:3] == alone.texts[:3]
        assert all(map(np.array_equal, lines.images[:3], alone.images[:3]))
        assert sorted(lines.texts[3:]) == ["가나", "다라", "마바"] and set(lines.kinds[3:]) == {"labelled"}
        assert [len(spans) for spans in lines.spans] == [len(text) for text in lines.texts]
        assert len(lines.is_handwritten) == 6
        fitted = fitted_batches(sources, drawing, 32, labelled=settings)(index)
        expected = fit_lines(lines.images, lines.texts, height=32)
        assert fitted.texts == expected.texts and set(fitted.texts) >= {"가나", "다라", "마바"}
        assert all(map(np.array_equal, fitted.strips, expected.strips))
