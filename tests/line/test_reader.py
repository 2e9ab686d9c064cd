"""`LineReader`: any image source, batches of any widths, kindness to bad input, what its answers say."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras", reason="the network that is read with is trained here")

from koocr.charset import Charset, line_charset
from koocr.document import Line
from koocr.errors import ConfigError, InputError, WeightsCorruptError, WeightsError, WeightsMissingError
from koocr.hangul import syllable_index
from koocr.line import reader as reader_module
from koocr.line.beam import BeamSettings
from koocr.line.decoder import DecoderSettings
from koocr.line.metadata import LineMetadata
from koocr.line.ngram import NGram
from koocr.line.outputs import OutputReader
from koocr.line.reader import LineReader
from koocr.line.stages.settings import StageSettings
from koocr.weights import ModelFile, ShippedModel
from tests.trained_lines import METADATA, SETTINGS, draw_line, random_batch

TEXT = "가를 볶볶"


@pytest.fixture(scope="module")
def reader(onnx_file: Path) -> LineReader:
    return LineReader(onnx_file)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return draw_line(TEXT)


def test_lines_are_read(reader: LineReader) -> None:
    batch = random_batch(12345, 20)
    assert [line.text for line in reader.read(batch.images)] == list(batch.texts)
    assert reader.settings == SETTINGS


def encoded(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def test_any_source(reader: LineReader, picture: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "줄.png"
    path.write_bytes(encoded(picture))
    rgb = np.repeat(picture[..., None], 3, axis=2)
    sources = [path, str(path), path.read_bytes(), BytesIO(path.read_bytes()), Image.open(path), rgb]
    sources += [picture.astype(np.float32) / 255, picture.astype(np.uint16) * 257, 255 - picture]
    expected = reader.read(picture)
    assert expected.text == TEXT
    for source in sources[:-1]:
        assert reader.read(source) == expected
    assert reader.read(sources[-1]).text == TEXT, "light on dark"


def test_places_and_confidences(reader: LineReader, picture: np.ndarray) -> None:
    line = reader.read(picture)
    assert "".join(character.text for character in line.characters) == line.text
    assert 0.5 < line.confidence <= 1
    columns = np.flatnonzero((picture < 128).any(axis=0))
    assert line.characters[0].start == pytest.approx(columns[0], abs=8)
    assert line.characters[-1].stop == pytest.approx(columns[-1], abs=12)
    for before, after in zip(line.characters, line.characters[1:], strict=False):
        assert before.stop == after.start
        assert before.start < before.stop
    space = line.characters[2]
    inner = picture[:, round(space.start) + 3 : round(space.stop) - 3]
    assert inner.size and inner.min() > 128, "between words there is no ink"


@pytest.mark.parametrize("text", ["가", TEXT])
def test_no_character_reaches_beyond_the_picture(reader: LineReader, text: str) -> None:
    """Ground is added around a tight crop for the network; it is no part of the picture."""
    loose = draw_line(text)
    inked = np.flatnonzero((loose < 128).any(axis=0))
    picture = loose[:, inked[0] : inked[-1] + 1]
    for line in (reader.read(picture), *reader.n_best(picture, 2)):
        assert line.text
        edges = [edge for character in line.characters for edge in (character.start, character.stop)]
        assert edges[0] >= 0 and edges[-1] <= picture.shape[1]
        assert edges == sorted(edges)


def test_candidates(onnx_file: Path, picture: np.ndarray) -> None:
    line = LineReader(onnx_file, num_candidates=3).read(picture)
    for character in line.characters:
        assert len(character.candidates) == 3
        assert character.candidates[0].text == character.text
        shares = [candidate.probability for candidate in character.candidates]
        assert shares == sorted(shares, reverse=True) and sum(shares) <= 1 + 1e-6
    jamo = line.characters[4].candidates[0].jamo
    assert [score.jamo for score in jamo] == ["ㅂ", "ㅗ", "ㄲ"]


def test_batches_of_mixed_widths_read_as_each_line_alone(reader: LineReader) -> None:
    texts = ["가", "를볶 쭈", "볶를가를 볶쭈볶를 가를볶쭈", "쭈", "볶쭈볶 를가", "가 가 가"]
    pictures = [draw_line(text, margin=3 + 2 * number) for number, text in enumerate(texts)]
    together = reader.read(pictures)
    assert [line.text for line in together] == texts
    for picture, line in zip(pictures, together, strict=True):
        alone = reader.read(picture)
        assert alone.text == line.text
        assert alone.confidence == pytest.approx(line.confidence, abs=1e-5)
        for one, other in zip(alone.characters, line.characters, strict=True):
            assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
            assert (one.start, one.stop) == (other.start, other.stop)


def test_padding_changes_no_logit(
    onnx_file: Path, reader: LineReader, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    run = reader._engine.run
    monkeypatch.setattr(reader._engine, "run", lambda inputs: found.append(run(inputs)) or found[-1])
    reader.read(picture)
    monkeypatch.setattr(reader_module, "_LEAST_FILLED", 0.0)
    wide = draw_line(" ".join([TEXT] * 4))
    reader.read([picture, wide])
    alone, beside = found
    assert beside["kind"].shape[1] > 2 * alone["kind"].shape[1]
    count = -(-reader_module.fit_line(picture, SETTINGS.height).image.shape[1] // 4)
    for name, logits in alone.items():
        np.testing.assert_allclose(beside[name][0, :count], logits[0, :count], atol=1e-4)


def test_lines_of_like_widths_share_a_batch(reader: LineReader, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    run = reader._engine.run
    monkeypatch.setattr(
        reader._engine, "run", lambda inputs: sizes.append(inputs["image"].shape) or run(inputs)
    )
    short, long = draw_line("가를"), draw_line("가를볶쭈 가를볶쭈 가를볶쭈")
    reader.read([short, long, short, long, short])
    assert [size[0] for size in sizes] == [3, 2], "the narrow ones first"
    sizes.clear()
    monkeypatch.setattr(reader_module, "_MOST_COLUMNS", 200)
    reader.read([short] * 5)
    assert sum(size[0] for size in sizes) == 5 and len(sizes) > 1


def has_more_left(strip: np.ndarray) -> bool:
    ink = strip.sum(axis=(0, 2))
    return bool(ink[: len(ink) // 2].sum() > 2 * ink[len(ink) // 2 :].sum())


class SeesLeft:
    """An engine that surely reads 가가 where a line has more ink on its left, and else an unsure 가."""

    metadata = METADATA.to_dict()

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        count, _, width, _ = inputs["image"].shape
        sizes = {"kind": (384,), "initial": (19,), "medial": (19, 21), "final": (21, 28)}
        outputs = {name: np.zeros((count, width // 4, *size), np.float32) for name, size in sizes.items()}
        outputs["kind"][:, :, 0] = 20
        for row, frames in enumerate(inputs["num_frames"].tolist()):
            is_left = has_more_left(inputs["image"][row, :, : 4 * frames])
            outputs["kind"][row, 1, 1] = 40 if is_left else 20.5
            outputs["kind"][row, 3, 1] = 40 if is_left else 0
            outputs["initial"][row, :, 0] = outputs["medial"][row, :, 0, 0] = 30
            outputs["final"][row, :, 0, 0] = 30
        return outputs


class SpellsLeft:
    """The same, by attention, without the doubts in blanks."""

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        logits = np.zeros((len(inputs["image"]), 3, 3), np.float32)
        logits[:, :, 0] = 4
        for row, frames in enumerate(inputs["num_frames"].tolist()):
            is_left = has_more_left(inputs["image"][row, :, : 4 * frames])
            logits[row, :2, 1] = [12, 12] if is_left else [5, 0]
        return {"symbol": logits}


def heavy_on_top() -> np.ndarray:
    """A tall picture whose upper half has most ink."""
    picture = np.full((200, 40), 255, np.uint8)
    picture[10:90, 8:32] = 0
    for row in range(100, 190, 12):
        picture[row : row + 2, 8:32] = 0
    return picture


@pytest.mark.parametrize("is_upside_down", [False, True])
def test_vertical_crops_are_turned(onnx_file: Path, is_upside_down: bool) -> None:
    reader = LineReader(onnx_file)
    reader._engine = SeesLeft()
    picture = heavy_on_top()[::-1] if is_upside_down else heavy_on_top()
    lying = np.rot90(picture, 3 if is_upside_down else 1)
    expected = reader.read(lying)
    assert expected.text == "가가"
    for line in (reader.read(picture), *reader.read([picture, lying, picture])):
        assert line.text == "가가"
        for one, other in zip(line.characters, expected.characters, strict=True):
            assert (one.start, one.stop) == pytest.approx((other.start, other.stop))
    assert reader.n_best(picture, 1)[0].text == "가가"
    assert reader.read(np.rot90(lying, 2)).text == "가", "what is wider than tall is not turned"


def test_a_network_that_spells_reads_vertical_crops_too(onnx_file: Path) -> None:
    """Its lines have no characters whose confidences say which view reads best."""
    metadata = LineMetadata(StageSettings(charset_size=2, prediction="Attn"), symbols="가나")
    reader = LineReader(onnx_file)
    reader._engine, reader._metadata = SpellsLeft(), metadata
    reader._outputs = OutputReader(metadata, DecoderSettings())
    assert reader.read(heavy_on_top()).text == "가가"
    assert reader.read(heavy_on_top()[::-1]).text == "가가"


@pytest.mark.parametrize(
    "blank",
    [
        np.full((40, 200), 255, np.uint8),
        np.zeros((40, 200), np.uint8),
        np.full((1, 1), 128, np.uint8),
        np.full((200, 20), 90, np.uint8),
        np.clip(np.random.default_rng(0).normal(200, 6, (40, 300)), 0, 255).astype(np.uint8),
    ],
    ids=["white", "black", "one pixel", "tall", "noise"],
)
def test_a_picture_without_ink_is_empty(reader: LineReader, blank: np.ndarray) -> None:
    assert reader.read(blank) == Line("", 1.0)
    assert reader.n_best(blank, 3) == [Line("", 1.0)]


def test_an_empty_batch(reader: LineReader) -> None:
    assert reader.read([]) == []
    assert reader.n_best([]) == []


def test_blanks_in_a_batch_keep_the_others_in_place(reader: LineReader, picture: np.ndarray) -> None:
    blank = np.full((40, 200), 255, np.uint8)
    texts = [line.text for line in reader.read(iter([blank, picture, blank, draw_line("쭈")]))]
    assert texts == ["", TEXT, "", "쭈"]


def test_n_best(reader: LineReader, picture: np.ndarray) -> None:
    lines = reader.n_best(picture, 4)
    texts = [line.text for line in lines]
    assert texts[0] == TEXT and len(set(texts)) == len(texts) == 4
    confidences = [line.confidence for line in lines]
    assert confidences == sorted(confidences, reverse=True) and sum(confidences) <= 1 + 1e-6
    (first, second) = reader.n_best([picture, draw_line("쭈")], 2)
    assert [line.text for line in first] == texts[:2] and second[0].text == "쭈"
    with pytest.raises(ConfigError, match=r"n is 2\.5; give a whole number"):
        reader.n_best(picture, 2.5)
    with pytest.raises(ConfigError, match="n is -1; give a whole number"):
        reader.n_best(np.full((40, 90), 255, np.uint8), -1)
    with pytest.raises(ConfigError, match="n is 0; give a whole number of at least 1"):
        reader.n_best(picture, 0)
    with pytest.raises(ConfigError, match="n is 1001; give at most 1000"):
        reader.n_best(picture, 1001)


def test_a_beam_reads_the_same_where_all_is_clear(onnx_file: Path, picture: np.ndarray) -> None:
    assert LineReader(onnx_file, beam=BeamSettings(width=4)).read(picture).text == TEXT


class LovesReul:
    """A prior that takes every symbol but 를 for unlikely."""

    def score(self, prefix: object, symbol: int) -> float:
        return 0.0 if symbol == syllable_index("를") else -60.0

    def end(self, prefix: object) -> float:
        return 0.0


def test_a_prior_can_be_switched_off(onnx_file: Path, picture: np.ndarray) -> None:
    strict = BeamSettings(prior_weight=1.0, least_prior=-99.0)
    assert LineReader(onnx_file, beam=strict, prior=LovesReul()).read(picture).text != TEXT
    off = LineReader(onnx_file, beam=BeamSettings(prior_weight=0.0), prior=LovesReul()).read(picture)
    assert off.text == TEXT
    assert LineReader(onnx_file, beam=strict, prior=False).read(picture).text == TEXT
    assert LineReader(onnx_file, prior=LovesReul()).read(picture).text == TEXT, "a clear image counts more"


def test_a_prior_for_another_charset_is_refused(onnx_file: Path) -> None:
    """Its ids would be other symbols, and nothing would say so."""
    with pytest.raises(ConfigError, match="the prior was made for another charset than the network"):
        LineReader(onnx_file, prior=NGram.train(["가나"], Charset(tuple("가나"))))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"prior": 1}, "prior is 1; give True, False, a file"),
        ({"prior": None}, "prior is None; give True, False, a file"),
        ({"beam": 10}, "beam is 10; give BeamSettings"),
        ({"beam": True}, "beam is True; give BeamSettings"),
        ({"num_candidates": 2.5}, "num_candidates is 2.5; give a whole number"),
        ({"num_candidates": "5"}, "num_candidates is '5'; give a whole number"),
        ({"num_threads": 0}, "num_threads is 0; give a whole number"),
        ({"num_threads": "2"}, "num_threads is '2'; give a whole number"),
    ],
)
def test_settings_that_are_none_are_refused(onnx_file: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LineReader(onnx_file, **wrong)


def test_a_shipped_model_brings_its_prior(
    onnx_file: Path, picture: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Asked(NGram):
        def score(self, prefix: Sequence[int], symbol: int) -> float:
            asked.append(symbol)
            return super().score(prefix, symbol)

    def file(path: Path) -> ModelFile:
        return ModelFile(path, sha256(path.read_bytes()).hexdigest(), path.stat().st_size)

    NGram.train([TEXT], line_charset(), order=2).save(tmp_path / "prior.npz")
    files = {"onnx": file(onnx_file), "prior": file(tmp_path / "prior.npz")}
    shipped = ShippedModel("own", "line", "", "", "onnx", files, {}, True)
    for module in ("koocr.line.reader", "koocr.weights"):
        monkeypatch.setattr(f"{module}.shipped_model", lambda name, task: shipped)
    monkeypatch.setattr("koocr.line.reader.NGram", Asked)
    for name in (None, "own"):
        assert LineReader(name).read(picture).text == TEXT and asked
        asked.clear()
    LineReader(prior=False).read(picture)
    LineReader(beam=BeamSettings(width=4)).read(picture)
    LineReader(onnx_file).read(picture)
    assert not asked, "switched off, a search without it, and weights of one's own"
    (tmp_path / "prior.npz").write_bytes(b"other")
    with pytest.raises(WeightsCorruptError, match=r"prior\.npz is damaged"):
        LineReader()


@pytest.mark.parametrize("bad", ["none.png", b"no image", np.zeros((0, 3), np.uint8), 3.5, None])
def test_bad_input(reader: LineReader, bad: object) -> None:
    with pytest.raises(InputError):
        reader.read(bad)
    with pytest.raises(InputError, match="image 1 of the batch, counted from 0"):
        reader.read([draw_line("가"), bad])


def test_keras_weights_read_the_same(network, onnx_file: Path, picture: np.ndarray, tmp_path: Path) -> None:
    from koocr.training.weights_file import save_weights

    save_weights(tmp_path / "줄.h5", network, METADATA.to_dict())
    line, expected = LineReader(tmp_path / "줄.h5").read(picture), LineReader(onnx_file).read(picture)
    assert line.text == expected.text
    assert line.confidence == pytest.approx(expected.confidence, abs=1e-4)


def test_bad_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match=r"there is no weight file 'none\.onnx'; check the path"):
        LineReader("none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsCorruptError):
        LineReader(tmp_path / "bad.onnx")
    (tmp_path / "weights.txt").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"is no weight file of koocr; give an \.onnx or an \.h5 file"):
        LineReader(tmp_path / "weights.txt")
    with pytest.raises(WeightsError, match="the model 'small' reads a character, not a line"):
        LineReader("small")
    with pytest.raises(ConfigError, match="num_candidates is 0"):
        LineReader("none.onnx", num_candidates=0)


def test_weights_of_a_character_network(tmp_path: Path) -> None:
    from koocr.weights import shipped_model

    with pytest.raises(WeightsError, match="holds no line network; give weights of `koocr train line`"):
        LineReader(shipped_model("small").files["onnx-int8"].path)
