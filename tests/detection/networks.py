"""Small networks with random weights, for tests."""

import keras
import numpy as np

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
