"""A tiny detector that has learnt striped lines, once for all tests."""

import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.detection.crops import CropSettings, CropStream  # noqa: E402
from koocr.detection.data import DetectorData  # noqa: E402
from koocr.detection.export import export_onnx  # noqa: E402
from koocr.detection.metadata import DetectorMetadata  # noqa: E402
from koocr.detection.settings import DetectorSettings  # noqa: E402
from koocr.detection.training import DetectorTrainingSettings, train_detector  # noqa: E402
from koocr.training.loop import LoopSettings  # noqa: E402
from tests.detection.pages import striped_page  # noqa: E402

SMALL = DetectorSettings(width=0.35, neck_channels=16, head_channels=12)
NUM_STEPS = 90


class Rows:
    """A log that keeps what it is told."""

    def __init__(self):
        self.rows = []

    def begin(self, step):
        pass

    def write(self, step, row):
        self.rows.append({"step": step, **row})

    def close(self):
        pass


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The model, its rows of figures, and the folder of its run."""
    folder = tmp_path_factory.mktemp("detector")
    crops = CropSettings(size=96, new_pages=4, heights=(14.0, 20.0), whole=0.0, turned=0.0, inverted=0.1)
    stream = CropStream(
        lambda number: striped_page(number, angle=number % 7 - 3), batch_size=4, settings=crops
    )
    rows = Rows()
    loop = LoopSettings(
        num_steps=NUM_STEPS,
        steps_per_epoch=NUM_STEPS // 2,
        average_decay=0.9,
        average_every=1,
        is_silent=True,
    )
    training = DetectorTrainingSettings(loop=loop, learning_rate=0.01, warmup_steps=5, seed=1)
    data = DetectorData(stream.batch, {"striped": [striped_page(1000 + n) for n in range(3)]})
    model = train_detector(SMALL, training, data, folder=folder, logs=(rows,))
    return model, rows.rows, folder


@pytest.fixture(scope="session")
def onnx_file(trained, tmp_path_factory):
    """The trained detector as ONNX in float32."""
    return export_onnx(trained[0], DetectorMetadata(SMALL), tmp_path_factory.mktemp("onnx") / "detector.onnx")
