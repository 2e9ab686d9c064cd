"""What all tests have in common: one Keras backend, quiet libraries, repeatable property tests."""

import os

from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("koocr", deadline=None, derandomize=True)  # CI machines stall; failures must repeat
settings.load_profile("koocr")
