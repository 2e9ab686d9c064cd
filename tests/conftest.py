"""What all tests have in common: one Keras backend, quiet libraries, repeatable property tests."""

import os

from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
for threads in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(threads, "1")  # `make test` runs one process per core

settings.register_profile("koocr", deadline=None, derandomize=True)  # CI machines stall; failures must repeat
settings.load_profile("koocr")
