"""The tiny trained line network that several tests read with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.trained_lines import METADATA, trained_network

if TYPE_CHECKING:
    import keras


@pytest.fixture(scope="session")
def network() -> keras.Model:
    """Reads lines of seven symbols, as the package's own face draws them."""
    pytest.importorskip("keras", reason="training needs the train extra")
    return trained_network()


@pytest.fixture(scope="session")
def onnx_file(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as ONNX in float32."""
    from koocr.line.export import export_onnx

    return export_onnx(network, METADATA, tmp_path_factory.mktemp("exported") / "줄.onnx")
