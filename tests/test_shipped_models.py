"""The models that come with koocr: intact, and reading the samples as their names say."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from koocr import KoOCR
from koocr.weights import shipped_models, verified

SAMPLES = sorted(
    path for path in (Path(__file__).parent.parent / "samples").iterdir() if path.suffix in (".png", ".jpg")
)


@pytest.fixture(scope="module")
def reader() -> KoOCR:
    return KoOCR()


def test_every_file_is_the_one_that_the_manifest_names() -> None:
    models = shipped_models()
    assert [model.is_default for model in models].count(True) == 1
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


def test_reading_loads_no_training_package() -> None:
    code = (
        "import sys, koocr; koocr.KoOCR().predict(sys.argv[1]);"
        "print({'tensorflow', 'keras', 'torch', 'jax', 'matplotlib', 'onnx', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLES[0])], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
