"""Recognisers small enough for tests, and lines for them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from koocr.line.stages import features
from koocr.line.stages.batch import stage_batch
from koocr.line.stages.settings import StageSettings

SIZES = {"channels": 16, "hidden": 6, "num_fiducials": 6, "width": 16, "max_length": 3}
CHARSET_SIZE = 5
WIDTHS = (20, 9, 14)
NUM_FRAMES = (5, 3, 4)
LABELS = ((0, 4, 4), (2,), ())


def settings(name, **others):
    return StageSettings.named(name, charset_size=CHARSET_SIZE, **(SIZES | others))


def fewer_alike_layers(monkeypatch):
    """One block of each kind and one recurrence, for tests that need no more."""
    monkeypatch.setattr(features, "BLOCKS", (1, 0, 0, 1))
    monkeypatch.setattr(features, "RECURRENCES", 1)


def batch(prediction, *, padded_to=0):
    """Three lines of ink; the batch is at least so many columns wide."""
    draw = np.random.default_rng(1)
    images = [draw.integers(1, 256, (32, width), np.uint8) for width in WIDTHS]
    made = stage_batch(images, [np.array(label, np.int32) for label in LABELS], prediction=prediction)
    image = made.inputs["image"]
    missing = max(0, padded_to - image.shape[2])
    made.inputs["image"] = np.pad(image, ((0, 0), (0, 0), (0, missing), (0, 0)))
    return made


def lived_in(model):
    """The model with moved weights and statistics, so that no two layers or start values are alike."""
    draw = np.random.default_rng(3)
    for weight in model.weights:
        value = weight.numpy() + draw.normal(0, 0.1, weight.shape)
        weight.assign(draw.uniform(0.5, 1.5, weight.shape) if weight.name.endswith("variance") else value)
    return model


def logits(model, inputs, **options):
    """What a network says of those of the inputs that it takes."""
    taken = {name: inputs[name] for name in model.input}
    return keras.ops.convert_to_numpy(model(taken, **options)["symbol"])
