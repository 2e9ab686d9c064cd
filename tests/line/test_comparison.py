"""Comparing recognisers: an equal budget, results that survive a stop, tables with right figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest

from koocr.charset import Charset
from koocr.data.faces import write_coverage
from koocr.data.synthesis.lines import LineBatch
from koocr.errors import ConfigError, DataError
from koocr.hangul import syllable_index
from koocr.line.batches import FittedLines, fit_lines
from koocr.line.comparison import Budget, ComparisonSettings, Result, compare, load_results
from koocr.line.comparison_data import ComparisonData, ConditionSettings, condition_data
from koocr.line.comparison_report import build_comparison_report, comparison_table
from koocr.line.metadata import LineMetadata
from koocr.line.recognisers import OWN, Sizes, make_recogniser, names
from koocr.line.stages.settings import StageSettings
from koocr.training.loop import TrainingBatch
from koocr.training.weights_file import read_settings, read_weights
from tests.data.made_faces import make_face

NAME = "None-VGG-None-CTC"
SETTINGS = ComparisonSettings(
    budget=Budget(steps=10), sizes=Sizes(channels=16, hidden=4), learning_rate=0.003
)


def lines(number: int, count: int = 4) -> LineBatch:
    """Bars on white, with a hole or without as the text says."""
    rng = np.random.default_rng(number)
    texts, images = [], []
    for _ in range(count):
        image = np.full((40, 90), 255, np.uint8)
        letters = rng.integers(0, 2, 3)
        for place, letter in enumerate(letters):
            bar = image[4:36, 8 + 26 * place : 24 + 26 * place]
            bar[:] = 0
            bar[8:24] = 0 if letter else 255
        images.append(image)
        texts.append("".join("가나"[letter] for letter in letters))
    spans = tuple(np.zeros((3, 2), np.float32) for _ in texts)
    return LineBatch(
        images, tuple(texts), spans, ("words",) * count, ("made",) * count, np.zeros(count, bool)
    )


def many_lines(number: int) -> LineBatch:
    """A batch to learn from."""
    return lines(number, 16)


def data(batches: Callable[[int], LineBatch] = many_lines) -> ComparisonData:
    tests = {"basic": lines(1000), "blur": lines(1001)}
    return ComparisonData(batches, tests, Charset(("가", "나", " ")), 3, 16, "Bars.")


class Tiny:
    """One layer that looks at all three letters: trained in no time, by the same contract as the others."""

    metadata = LineMetadata(StageSettings(charset_size=2), symbols="가나")

    def __init__(self, name: str, charset: Charset, sizes: Sizes) -> None:
        image = keras.Input((32, 90, 1), name="image")
        x = keras.layers.Dense(6, name="dense")(keras.layers.Flatten()(image))
        self.model = keras.Model(
            {"image": image}, {"letters": keras.layers.Reshape((3, 2), name="letters")(x)}
        )

    def compile(self, optimizer: keras.Optimizer) -> keras.Model:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(optimizer=optimizer, loss={"letters": loss})
        return self.model

    def batch(self, lines: FittedLines) -> TrainingBatch:
        letters = np.array([["가나".index(letter) for letter in text] for text in lines.texts])
        inputs = self._inputs(lines.strips)
        return TrainingBatch(inputs, {"letters": letters}, {"letters": np.ones(letters.shape)})

    def read(self, lines: LineBatch) -> list[str]:
        strips = fit_lines(lines.images, lines.texts, height=32).strips
        letters = np.asarray(self.model.predict_on_batch(self._inputs(strips))["letters"]).argmax(axis=2)
        return ["".join("가나"[letter] for letter in row) for row in letters]

    def _inputs(self, strips: list[np.ndarray]) -> dict[str, np.ndarray]:
        square = np.zeros((len(strips), 32, 90, 1), np.float32)
        for row, strip in zip(square, strips, strict=True):
            row[:, : strip.shape[1], 0] = strip[:, :90] / np.float32(255)
        return {"image": square}


@pytest.fixture(scope="module", autouse=True)
def tiny() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("koocr.line.comparison.make_recogniser", Tiny)
        yield patch


def run(folder: Path, of: ComparisonData | None = None, settings: ComparisonSettings = SETTINGS) -> Result:
    (result,) = compare([NAME], of or data(), settings, folder=folder, tell=lambda line: None, is_silent=True)
    return result


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparison")
    run(folder)
    return folder


def refuse(index: int) -> LineBatch:
    raise AssertionError("nothing is drawn again")


def test_a_stopped_comparison_ends_as_one_that_was_not(finished: Path, tmp_path: Path) -> None:
    def stop(index: int) -> LineBatch:
        if index == 7:
            raise KeyboardInterrupt
        return many_lines(index)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, data(stop))
    assert load_results(tmp_path, [NAME]) == []
    run(tmp_path)
    one, other = (read_weights(folder / NAME / "weights.h5") for folder in (finished, tmp_path))
    assert all(np.array_equal(one[path], other[path]) for path in one)
    results = [load_results(folder, [NAME])[0] for folder in (finished, tmp_path)]
    assert results[0].loss == results[1].loss and results[0].samples == results[1].samples


def test_what_is_finished_is_not_done_again(finished: Path) -> None:
    again = run(finished, data(refuse))
    assert again == load_results(finished, [NAME])[0]
    assert (again.num_steps, again.num_lines) == (10, 160)
    assert set(again.exact) == set(again.samples) == {"basic", "blur"}
    assert again.num_parameters == 32 * 90 * 6 + 6
    assert again.mean_exact == 1 and again.mean_cer == 0, "ten steps are enough for bars"
    assert read_settings(finished / NAME / "weights.h5") == Tiny.metadata.to_dict()


def test_a_folder_holds_one_comparison(finished: Path) -> None:
    with pytest.raises(ConfigError, match="other settings"):
        run(finished, settings=replace(SETTINGS, learning_rate=0.02))
    with pytest.raises(ConfigError, match="other settings"):
        run(finished, replace(data(), summary="Dots."))


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "result.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"result\.json"):
        load_results(tmp_path, [NAME])


@pytest.mark.parametrize("budget", [{}, {"steps": 5, "minutes": 1.0}])
def test_a_budget_is_steps_or_minutes(budget: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="one of the two"):
        Budget(**budget)


def test_minutes_become_steps_once_and_timing_leaves_no_trace(finished: Path, tmp_path: Path) -> None:
    drawn: list[int] = []

    def count(index: int) -> LineBatch:
        drawn.append(index)
        return many_lines(index)

    timed = replace(SETTINGS, budget=Budget(minutes=1e-6))  # less than ten steps take: ten all the same
    result = run(tmp_path, data(count), timed)
    assert result.num_steps == 10 and drawn == list(range(10)), "each is drawn once, for the timing or later"
    assert json.loads((tmp_path / NAME / "steps.json").read_text("utf-8"))["num_steps"] == 10
    one, other = (read_weights(folder / NAME / "weights.h5") for folder in (finished, tmp_path))
    assert all(np.array_equal(one[path], other[path]) for path in one)


@pytest.mark.parametrize("name", ["None-VGG-None-CTC", "None-VGG-None-Attn"])
def test_the_family_learns_from_and_reads_lines(name: str) -> None:
    recogniser = make_recogniser(name, Charset(("가", "나")), Sizes(channels=16, hidden=4, max_length=5))
    blank = replace(lines(0), images=[*lines(0).images[:3], np.full((40, 90), 255, np.uint8)])
    batch = recogniser.batch(blank)
    assert len(batch) == 3 and len(batch.labels["symbol"]) == len(batch.weights["symbol"]) == 3
    assert (batch.labels["symbol"][:, -3:] == [["가나".index(a) for a in t] for t in blank.texts[:3]]).all()
    texts = recogniser.read(blank)
    assert len(texts) == 4 and texts[3] == "" and all(set(text) <= set("가나") for text in texts)


def test_all_recognisers_have_names_and_others_are_refused() -> None:
    assert len(names()) == 28 and names()[-4:] == OWN
    with pytest.raises(ConfigError, match="'None-VGG'"):
        make_recogniser("None-VGG", Charset(("가",)), Sizes())


def result(name: str, exact: float, *, ms: float = 1.0, parameters: int = 1_000_000) -> Result:
    return Result(
        name=name,
        num_parameters=parameters,
        num_steps=10,
        num_lines=40,
        minutes=2.0,
        loss=1.0,
        exact={"basic": exact, "blur": exact},
        cer={"basic": 1 - exact, "blur": 1 - exact},
        ms_per_line=ms,
        samples={"basic": ["가나"]},
    )


def test_the_report_says_what_each_stage_is_worth_and_what_agrees(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the train extra")
    results = [
        result("None-VGG-None-CTC", 0.5, ms=2),
        result("TPS-VGG-None-CTC", 0.6, ms=3),
        result("None-VGG-BiLSTM-CTC", 0.7),
        result("TPS-VGG-BiLSTM-CTC", 0.65, ms=9, parameters=4_000_000),
        result("TPS-VGG-BiLSTM-Attn", 0.6),
        result("koocr-jamo", 0.9, ms=5),
    ]
    report = build_comparison_report(results, data(), SETTINGS, folder=tmp_path, command="koocr compare")
    titles = [section.title for section in report.sections]
    assert titles == [
        "All recognisers",
        "What each stage is worth",
        "What agrees with the study, and what doesn't",
        "What was read",
    ]
    stages = {row[0]: row[1:] for row in report.sections[1].blocks[0].rows}
    assert stages["transformation: TPS for None"] == ("+2.5", "-5.0 to +10.0", "1 of 2", "–")
    assert stages["sequence: BiLSTM for None"] == ("+12.5", "+5.0 to +20.0", "2 of 2", "–")
    assert stages["prediction: Attn for CTC"] == ("-5.0", "-5.0 to -5.0", "0 of 1", "+0.45")
    order = {row[:2]: row[2:] for row in report.sections[2].blocks[1].rows}
    assert order["TPS-VGG-BiLSTM-Attn", "TPS-VGG-BiLSTM-CTC"] == ("+0.45", "-5.0", "differs")
    assert order["TPS-VGG-BiLSTM-CTC", "None-VGG-None-CTC"] == ("+25.07", "+15.0", "agrees")
    assert report.data["results"][0]["name"] == "koocr-jamo"
    assert {path.name for path in tmp_path.iterdir()} == {"time.png", "parameters.png", "lines.png"}


def test_the_table_stands_beside_the_study() -> None:
    rows = comparison_table([result("None-RCNN-None-CTC", 0.25), result("koocr-plain", 0.5)]).rows
    assert rows[0][:5] == ("None-RCNN-None-CTC", "65.36 %", "25.00 %", "25.00 %", "25.00 %")
    assert rows[1][1] == "–"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    for name in ("a", "b"):
        make_face(folder / f"{name}.ttf", "가나다라")
    syllables = np.array([syllable_index(letter) for letter in "가나다라"], np.int32)
    rows = "id,klass,split,file,licence\na,serif,train,a.ttf,OFL\nb,gothic,val,b.ttf,OFL\n"
    (folder / "faces.csv").write_text(rows, encoding="utf-8")
    write_coverage(folder / "coverage.tsv.gz", dict.fromkeys("ab", syllables))
    words = ["".join(letters) for count in range(1, 6) for letters in product("가나다", repeat=count)]
    (folder / "dictionary_words.txt").write_text(
        "\n".join([*words, "라가", "가나다가나다"]), encoding="utf-8"
    )
    return folder


def test_words_are_cut_down_to_the_most_frequent_symbols(sources: Path) -> None:
    settings = ConditionSettings(num_symbols=3, num_words=2, num_test=2, batch_size=3)
    made = condition_data(sources, sources, settings, train_split="train")
    assert made.charset.symbols == (" ", "가", "나", "다") and made.max_length == 12
    assert list(made.tests) == ["basic", "skew", "distortion", "blur", "background"]
    for lines_of_test in made.tests.values():
        assert len(lines_of_test) == 2 and set(lines_of_test.sources) == {"b"}
        assert all(text.count(" ") == 1 and made.charset.covers(text) for text in lines_of_test.texts)
    batch = made.batches(0)
    assert len(batch) == 3 and set(batch.sources) == {"a"}
    words = {word for text in batch.texts for word in text.split()}
    read = {word for of_test in made.tests.values() for text in of_test.texts for word in text.split()}
    assert not words & read and max(map(len, words | read)) <= 5


def test_without_faces_of_the_split_it_says_so(sources: Path) -> None:
    with pytest.raises(DataError, match="split test"):
        condition_data(sources, sources, ConditionSettings(num_symbols=3, split="test"))


def test_weights_to_begin_with_are_taken_where_they_fit(tmp_path: Path) -> None:
    kernel = np.full((32 * 90, 6), 0.25, np.float32)
    begun: list[np.ndarray] = []

    class Watched(Tiny):
        def compile(self, optimizer: keras.Optimizer) -> keras.Model:
            begun.append(np.array(self.model.get_layer("dense").get_weights()[0]))
            return super().compile(optimizer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("koocr.line.comparison.make_recogniser", Watched)
        start = {"dense/kernel": kernel, "dense/bias": np.zeros(7, np.float32)}
        compare(
            [NAME], data(), SETTINGS, folder=tmp_path, start=start, tell=lambda line: None, is_silent=True
        )
    assert np.array_equal(begun[0], kernel)
