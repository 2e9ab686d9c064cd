"""The models that come with koocr: intact, and reading the samples as their names say."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import koocr
from koocr import KoOCR, LineReader
from koocr.evaluation.alignment import edit_distance
from koocr.fonts import korean_face
from koocr.weights import shipped_model, shipped_models, verified

SAMPLES = sorted(
    path for path in (Path(__file__).parent.parent / "samples").iterdir() if path.suffix in (".png", ".jpg")
)
LABELS = SAMPLES[0].parent / "lines" / "lines.tsv"
LINES = [
    (LABELS.parent / name, text)
    for name, text in (row.split("\t") for row in LABELS.read_text(encoding="utf-8").splitlines())
]


WORDS = ["나무 바다", "도서관 이야기"]


@pytest.fixture(scope="module")
def reader() -> KoOCR:
    return KoOCR()


def test_every_file_is_the_one_that_the_manifest_names() -> None:
    models = shipped_models()
    assert [model.task for model in models if model.is_default] == ["character", "detection", "line"]
    for model in models:
        assert model.reads_with in model.files
        for file in model.files.values():
            assert verified(file).stat().st_size == file.num_bytes < 16 * 2**20


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_are_read_as_they_are_named(reader: KoOCR, path: Path) -> None:
    character = unicodedata.normalize("NFC", path.stem)[-1]
    assert reader.predict(path) == [character]


def test_a_blank_image_is_not_read(reader: KoOCR) -> None:
    assert reader.predict(np.full((64, 64), 255, np.uint8), n=3) == []
    assert reader.candidates(np.zeros((48, 80), np.uint8)).confidence == 0.0


def test_all_probabilities_sum_to_one(reader: KoOCR) -> None:
    candidates = reader.candidates(SAMPLES[0], n=11_223).candidates
    assert sum(candidate.probability for candidate in candidates) == pytest.approx(1, abs=1e-4)
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len({candidate.text for candidate in candidates}) == 11_223


def test_the_keras_weights_read_the_same(reader: KoOCR) -> None:
    keras_file = shipped_models()[0].files["keras"]
    images = [str(path) for path in SAMPLES]
    assert KoOCR(keras_file.path).predict(images) == reader.predict(images)


@pytest.fixture(scope="module")
def line_reader() -> LineReader:
    return LineReader()


@pytest.mark.parametrize(("path", "text"), LINES, ids=lambda value: getattr(value, "name", ""))
def test_line_samples_are_read_as_labelled(line_reader: LineReader, path: Path, text: str) -> None:
    line = line_reader.read(path)
    assert line.text == text
    assert "".join(character.text for character in line.characters) == text
    assert np.mean([character.confidence for character in line.characters]) > 0.8


def test_lines_are_read_alike_by_all_files(line_reader: LineReader) -> None:
    model = shipped_model(task="line")
    images = [path for path, _ in LINES]
    best_path = [line.text for line in LineReader(prior=False).read(images)]
    assert line_reader.prior is not None
    for kind in ("onnx", "keras"):
        assert [line.text for line in LineReader(model.files[kind].path).read(images)] == best_path


@pytest.mark.parametrize(("above", "below"), [(300, 300), (20, 1500), (1500, 20)])
def test_a_line_with_much_ground_around_it_is_read(line_reader: LineReader, above: int, below: int) -> None:
    path, text = next((path, text) for path, text in LINES if path.name.startswith("본문"))
    tight = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    expected = line_reader.read(tight)
    line = line_reader.read(np.pad(tight, ((above, below), (40, 40)), mode="edge"))
    assert line.text == text
    starts = [character.start - 40 for character in line.characters]
    assert starts == pytest.approx([character.start for character in expected.characters], abs=4)


def test_an_empty_line_is_no_invention(line_reader: LineReader) -> None:
    rng = np.random.default_rng(0)
    grain = [rng.normal(0, 1, (48, 500)) for _ in range(8)]
    grain = [cv2.GaussianBlur(noise, (0, 0), sigma) for noise in grain for sigma in (0.7, 1.5, 3.0)]
    papers = [np.clip(200 + 25 * noise / noise.std(), 0, 255).astype(np.uint8) for noise in grain]
    papers += [np.full((48, 600), 255, np.uint8), np.zeros((30, 400), np.uint8)]
    lines = line_reader.read(papers)
    assert {line.text for line in lines} == {""}
    assert {line.confidence for line in lines[-2:]} == {1.0}, "without ink, nothing is surely all"
    assert 0.0 in {line.confidence for line in lines[:-2]}, "ink that could not be read"
    assert [line.text for line in line_reader.n_best(papers[0], 3)] == [""]


def test_numbers_and_spaces_are_read_from_the_picture_alone(line_reader: LineReader) -> None:
    """Texts know 이번 and hardly 0번."""
    font = ImageFont.truetype(str(korean_face()), 40)
    for text in ("0번", "3번", "안녕 1004호"):
        image = Image.new("L", (round(font.getlength(text)) + 30, 70), 250)
        ImageDraw.Draw(image).text((15, 12), text, fill=10, font=font)
        assert line_reader.read(image).text == text


def test_the_best_of_the_family_reads_words() -> None:
    reader = LineReader("tps-resnet-bilstm-attn")
    font = ImageFont.truetype(str(korean_face()), 40)
    images = []
    for text in WORDS:
        image = Image.new("L", (round(font.getlength(text)) + 30, 70), 250)
        ImageDraw.Draw(image).text((15, 12), text, fill=10, font=font)
        images.append(image)
    assert [line.text for line in reader.read(images)] == WORDS


def test_reading_loads_no_training_package() -> None:
    code = (
        "import sys, koocr; koocr.KoOCR().predict(sys.argv[1]); koocr.LineReader().read(sys.argv[2]);"
        "print({'tensorflow', 'keras', 'torch', 'jax', 'matplotlib', 'onnx', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLES[0]), str(LINES[0][0])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_reading_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    code = "import sys, koocr; koocr.KoOCR().predict(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(SAMPLES[0])], env={**environment, **home}, check=True)
    assert not list(tmp_path.rglob("*"))


COLUMNS = (
    [
        "긴 강가의 작은 마을에 아침 안개가",
        "걷히면 고기잡이배들이 하나둘씩",
        "돌아오기 시작했다. 사람들은 일찍",
        "부두에 나와 배를 기다렸고 아이들은",
        "모래밭에서 조개껍데기를 주웠다.",
        "바람이 부는 날에는 배가 늦게 와서",
        "어머니들은 등불을 들고 언덕 위에",
        "올라가 먼 물길을 바라보곤 했다.",
    ],
    [
        "장이 서는 날이면 마을은 몹시 붐볐고",
        "가까운 마을에서 온 사람들이 값을",
        "묻고 웃으며 저녁에 먹을 생선을",
        "골랐다. 장터 한쪽에서는 노인들이",
        "장기를 두었고 구경꾼들이 그 둘레를",
        "에워쌌다. 해가 지면 물건을 거두고",
        "저마다 집으로 돌아갔으며 장터에는",
        "고양이 몇 마리만 남아 있었다.",
    ],
)
HEADING = "강가 마을의 아침"


def two_columns() -> np.ndarray:
    page = Image.new("L", (1240, 760), 255)
    pen = ImageDraw.Draw(page)

    def face(size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(korean_face()), size, layout_engine=ImageFont.Layout.BASIC)

    pen.text((80, 50), HEADING, font=face(72), fill=0)
    for column, lines in enumerate(COLUMNS):
        for row, line in enumerate(lines):
            pen.text((80 + 570 * column, 180 + 64 * row), line, font=face(44), fill=0)
    return np.asarray(page)


def test_a_page_is_read_column_by_column() -> None:
    document = koocr.read(two_columns())
    (page,) = document.pages
    expected = [HEADING, *COLUMNS[0], *COLUMNS[1]]
    assert [line.text for line in page.lines] == expected
    assert abs(page.angle) < 1
    first = page.words[0]
    (left, top), _, (right, bottom), _ = first.quad
    assert first.text == "강가" and 60 < left < 110 and right < 330 and 40 < top < bottom < 160
    assert koocr.Document.from_dict(document.to_dict()) == document


def test_the_sample_page_is_read_in_the_order_of_reading() -> None:
    """Columns, lists, a table, as a phone sees them: not one line is lost or moved."""
    path = SAMPLES[0].parent / "pages" / "소식지.jpg"
    truth = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    (page,) = koocr.read(path).pages
    read = [line.text for line in page.lines]
    edits = [edit_distance(true, line) for true, line in zip(truth, read, strict=True)]
    assert all(count <= 0.2 * len(true) for count, true in zip(edits, truth, strict=True)), read
    assert sum(edits) <= 0.01 * sum(map(len, truth))


def test_a_page_without_text_says_nothing() -> None:
    rng = np.random.default_rng(0)
    for page in (np.full((400, 300), 255, np.uint8), rng.integers(0, 256, (300, 400), dtype=np.uint8)):
        assert koocr.read(page).text == ""


def test_readers_can_be_sent_to_another_process(reader: KoOCR) -> None:
    line, page = LineReader(), koocr.PageReader()
    path, _ = LINES[0]
    expected = [reader.predict(SAMPLES[0]), line.read(path), page.read(path)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        sent = [
            pool.submit(reader.predict, SAMPLES[0]),
            pool.submit(line.read, path),
            pool.submit(page.read, path),
        ]
        assert [future.result() for future in sent] == expected
    assert expected[1].text and expected[2].text
