"""Keras's precision within a context."""

import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.training.precision import PRECISIONS, precision  # noqa: E402


@pytest.mark.parametrize("name", PRECISIONS)
def test_layers_made_within_remember_it(name: str) -> None:
    before = keras.config.dtype_policy().name
    with precision(name):
        inside = keras.layers.Dense(1)
    outside = keras.layers.Dense(1)
    assert inside.dtype_policy.name == name and outside.dtype_policy.name == before


def test_an_error_within_changes_nothing_without() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(ZeroDivisionError), precision("mixed_bfloat16"):
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == before
