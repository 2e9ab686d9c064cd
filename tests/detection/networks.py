"""Networks for tests: small ones with random weights, and one that needs no weights at all."""

import cv2
import keras
import numpy as np

from koocr.detection.metadata import DetectorMetadata
from koocr.detection.network import build_network
from koocr.detection.settings import DetectorSettings

TINY = DetectorSettings(width=0.25, neck_channels=8, head_channels=4)


def randomised(settings=TINY):
    """A network whose every weight is random: statistics, scales and offsets too."""
    keras.utils.set_random_seed(0)
    model = build_network(settings)
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if variable.name in ("gamma", "moving_variance"):
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif variable.name in ("beta", "moving_mean", "bias"):
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


def run(model, batch):
    """Outputs by name, without tracing, which takes seconds."""
    return {name: np.asarray(value) for name, value in model(batch, training=False).items()}


class StripeEngine:
    """Sees the lines of `tests.detection.pages.striped_page` at their own size: dark and light, closed up."""

    metadata = DetectorMetadata(DetectorSettings()).to_dict()

    def run(self, batch):
        dark = (batch["image"][0, ..., 0] < 0.5).astype(np.uint8)
        lines = cv2.morphologyEx(cv2.copyMakeBorder(dark, 9, 9, 9, 9, cv2.BORDER_CONSTANT), cv2.MORPH_CLOSE,
                                 np.ones((5, 5), np.uint8))[9:-9, 9:-9]  # fmt: skip
        cores = cv2.erode(lines, np.ones((7, 7), np.uint8))  # lines of 16 pixels move in by nearly 4
        half = cv2.resize(cores.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return {"probability": (16 * half - 8)[None, ..., None]}
