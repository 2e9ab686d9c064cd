"""`koocr models`: the models that come with koocr."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from koocr.cli.options import add_flag
from koocr.weights import ShippedModel, shipped_models, verified

NAME = "models"
HELP = "list the models that come with koocr, with their scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    add_flag(parser, "--json", help="print JSON")
    add_flag(parser, "--verify", help="compare every file with its SHA-256")


def run(args: argparse.Namespace) -> int:
    """Prints the list."""
    models = shipped_models()
    if args.json:
        print(json.dumps([_row(model) for model in models], ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(_text, models)))
    if args.verify:
        for model in models:
            _verify(model)
        print("every file that is there is the one of the manifest", file=sys.stderr)
    return 0


def _verify(model: ShippedModel) -> None:
    """Raises WeightsError where a file is damaged, or that which the default model reads with is missing."""
    for kind, file in model.files.items():
        if file.path.exists() or (model.is_default and kind == model.reads_with):
            verified(file)


def _row(model: ShippedModel) -> dict[str, Any]:
    files = {kind: {"path": str(file.path), "bytes": file.num_bytes} for kind, file in model.files.items()}
    return {
        "name": model.name,
        "task": model.task,
        "default": model.is_default,
        "summary": model.summary,
        "licence": model.licence,
        "scores": dict(model.scores),
        "files": files,
    }


def _text(model: ShippedModel) -> str:
    kind = f"{model.task}{', default' if model.is_default else ''}"
    lines = [f"{model.name} ({kind}): {model.summary}  [{model.licence}]"]
    for kind, file in model.files.items():
        note = "" if file.path.exists() else ", not in this installation: see the repository's pretrained/"
        lines.append(f"    {kind:<10} {file.path.name}  {file.num_bytes / 1e6:.2f} MB{note}")
    lines += [f"    {name}: {value:g}" for name, value in model.scores.items()]
    return "\n".join(lines)
