"""`koocr models`: the models that come with koocr."""

from __future__ import annotations

import argparse
import json

from koocr.cli.options import add_flag
from koocr.weights import shipped_models, verified

NAME = "models"
HELP = "list the models that come with koocr, with their scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    add_flag(parser, "--json", help="print JSON")
    add_flag(parser, "--verify", help="compare every file with its SHA-256")


def run(args: argparse.Namespace) -> int:
    """Prints the list."""
    models = shipped_models()
    if args.verify:
        for model in models:
            for file in model.files.values():
                if file.path.exists():
                    verified(file)
    if args.json:
        rows = [
            {
                "name": model.name,
                "default": model.is_default,
                "summary": model.summary,
                "licence": model.licence,
                "scores": dict(model.scores),
                "files": {
                    kind: {"path": str(file.path), "bytes": file.num_bytes}
                    for kind, file in model.files.items()
                },
            }
            for model in models
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for model in models:
        print(f"{model.name}{' (default)' if model.is_default else ''}: {model.summary}  [{model.licence}]")
        for kind, file in model.files.items():
            note = (
                "" if file.path.exists() else ", not in this installation: see the repository's pretrained/"
            )
            print(f"    {kind:<10} {file.path.name}  {file.num_bytes / 1e6:.2f} MB{note}")
        for name, value in model.scores.items():
            print(f"    {name}: {value:g}")
    return 0
