"""Finds, verifies and names the models that koocr ships."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from koocr.errors import WeightsCorruptError, WeightsError, WeightsMissingError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ModelFile:
    """One file of a shipped model, with the SHA-256 it must have."""

    path: Path
    sha256: str
    num_bytes: int


@dataclass(frozen=True)
class ShippedModel:
    """A model of the manifest.

    Attributes:
        name: as `KoOCR(weights=name)`, or another task's reader, takes it.
        task: "character" or "line".
        summary: one line for `koocr models`.
        licence: of the weights.
        reads_with: the format that reading uses, one of `files`.
        files: by format: "onnx", "onnx-int8" or "keras"; of a line model also "prior".
        scores: measured figures by name, each a number; the card says how.
        is_default: of its task: what `KoOCR()` or `LineReader()` uses.
    """

    name: str
    task: str
    summary: str
    licence: str
    reads_with: str
    files: Mapping[str, ModelFile]
    scores: Mapping[str, float]
    is_default: bool


def shipped_models(folder: Path | None = None) -> list[ShippedModel]:
    """The models of the manifest, by task, each task's default first.

    Raises:
        WeightsMissingError: the installation has no manifest.
        WeightsCorruptError: the manifest is damaged.
    """
    folder = folder or _pretrained_folder()
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        models = [_model(folder, name, entry) for name, entry in manifest["models"].items()]
    except OSError as error:
        raise WeightsMissingError(
            f"{folder / MANIFEST} can't be read ({error.strerror}); install koocr again"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WeightsCorruptError(
            f"{folder / MANIFEST} is damaged ({error!r}); install koocr again"
        ) from error
    return sorted(models, key=lambda model: (model.task, not model.is_default))


def shipped_model(name: str = "", *, task: str = "character", folder: Path | None = None) -> ShippedModel:
    """A model of a task by name, or its default.

    Raises:
        WeightsMissingError: there is none of that name.
        WeightsError: the model of that name is another task's.
    """
    every = shipped_models(folder)
    models = [model for model in every if model.task == task]
    for model in models:
        if model.name == name or (not name and model.is_default):
            return model
    if not name:
        raise WeightsMissingError(f"no shipped {task} model is the default one; name one, or a weight file")
    others = [model.task for model in every if model.name == name]
    if others:
        raise WeightsError(f"the model {name!r} reads a {others[0]}, not a {task}; see `koocr models`")
    names = [model.name for model in models]
    close = difflib.get_close_matches(name, names, n=1)
    listed = f"give a file, or one of {', '.join(names)}" if names else "give a file"
    hint = f"did you mean {close[0]!r}?" if close else listed
    raise WeightsMissingError(f"there is no weight file and no shipped model {name!r}; {hint}")


def verified(file: ModelFile) -> Path:
    """The path of a shipped file, once its SHA-256 is what the manifest says.

    Raises:
        WeightsMissingError: the file is not there.
        WeightsCorruptError: it is another one, or damaged.
    """
    try:
        found = hashlib.sha256(file.path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsMissingError(
            f"the model file {file.path} is not there ({error.strerror}); install koocr again, "
            "or take it from the repository"
        ) from error
    if found != file.sha256:
        raise WeightsCorruptError(
            f"{file.path} is damaged (its SHA-256 is {found[:12]}…); install koocr again"
        )
    return file.path


def reading_file(name: str, *, task: str) -> tuple[Path, bool]:
    """The file that a reader of a task reads with, and whether Keras is what runs it, and not ONNX Runtime.

    Args:
        name: path of an `.onnx` or `.h5` file, or name of a shipped model; empty for the task's default.
        task: see `ShippedModel`.

    Raises:
        WeightsError: there is neither, it is another task's, or it is damaged. Whether there is an
            `.h5` file, loading it says.
    """
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix == ".onnx" and not path_exists(path):
        raise WeightsMissingError(f"there is no weight file {name!r}; check the path, or see `koocr models`")
    if suffix in (".h5", ".onnx"):
        return path, suffix == ".h5"
    if name and path_exists(path):
        raise WeightsError(f"{name!r} is no weight file of koocr; give an .onnx or an .h5 file")
    model = shipped_model(name, task=task)
    return verified(model.files[model.reads_with]), model.reads_with == "keras"


def keras_file(name: str | Path, *, task: str) -> Path:
    """A Keras weight file by its path, or that of a shipped model of a task by its name.

    Raises:
        WeightsError: there is neither, the model came without Keras weights, or they are damaged.
    """
    path = Path(name)
    if path.suffix.lower() == ".onnx":
        raise WeightsMissingError(
            f"{str(path)!r} holds no Keras weights; give the .h5 file it was exported from"
        )
    if path.suffix.lower() == ".h5" or path_exists(path):
        return path
    model = shipped_model(str(name), task=task)
    if "keras" not in model.files:
        raise WeightsMissingError(f"the model {model.name} comes without Keras weights; give an .h5 file")
    return verified(model.files["keras"])


def path_exists(path: Path) -> bool:
    """Whether there is such a file or folder; not, where the system allows no such name."""
    try:
        return path.exists()
    except OSError:  # longer than it allows
        return False


def _pretrained_folder() -> Path:
    """Inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "pretrained"
    return inside if (inside / MANIFEST).exists() else package.parent / "pretrained"


def _model(folder: Path, name: str, entry: Mapping[str, Any]) -> ShippedModel:
    if entry["reads_with"] not in entry["files"]:
        raise ValueError(f"{name} reads with a file that it doesn't have")
    files = {
        kind: ModelFile(folder / file["file"], file["sha256"], file["bytes"])
        for kind, file in entry["files"].items()
    }
    return ShippedModel(
        name=name,
        task=entry["task"],
        summary=entry["summary"],
        licence=entry["licence"],
        reads_with=entry["reads_with"],
        files=files,
        scores=entry.get("scores", {}),
        is_default=bool(entry.get("default", False)),
    )
