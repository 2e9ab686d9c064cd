"""`koocr export`: trained weights to ONNX, in float32 and int8."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from koocr.cli.command_line import print_exported
from koocr.cli.export_detector import DEFAULT_PAGES, export_detector
from koocr.cli.export_line import add_line_arguments, export_line
from koocr.cli.options import need_keras, number, positive_int
from koocr.errors import ConfigError

NAME = "export"
HELP = "turn trained weights into the ONNX files that reading uses, float32 and int8"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("weights", type=Path, help="an .h5 file that training wrote")
    parser.add_argument(
        "--average",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="export the mean with these weights, of runs that began alike; repeatable",
    )
    parser.add_argument("--output", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument(
        "--int8", type=Path, metavar="FILE", help="also write an int8 network; needs --calibration"
    )
    parser.add_argument("--half", type=Path, metavar="FILE", help="also write the weights as 16-bit .h5")
    parser.add_argument(
        "--calibration",
        type=Path,
        metavar="STORE",
        help="glyph store of the val split (training makes it: …/glyphs/val)",
    )
    parser.add_argument(
        "--common_bonus",
        type=number,
        help="nats for the syllables of KS X 1001, which nearly all text is written with (as stored, or 0)",
    )
    parser.add_argument(
        "--num_images",
        type=positive_int,
        help="for calibration: images, as many of print as of hands (5000), lines (400) or pages (60)",
    )
    add_line_arguments(parser.add_argument_group("of a line network or a detector"))
    parser.add_argument(
        "--pages",
        type=Path,
        action="append",
        default=[],
        help="of a detector: labelled pages for calibration, a folder with images/ and labels/; repeatable",
    )


def run(args: argparse.Namespace) -> int:
    """Exports, checks each file against Keras, and prints what was written."""
    _check_files(args)
    need_keras()
    task = _task(args.weights)
    args.num_images = args.num_images or _NUM_IMAGES[task]
    if task != "character" and (args.calibration is not None or args.common_bonus is not None):
        raise ConfigError(
            f"--calibration and --common_bonus are for characters; give a {task} --fonts and --text"
        )
    if task == "character" and (args.fonts or args.text or args.handwriting):
        raise ConfigError("--fonts, --text and --handwriting are for lines; give a character --calibration")
    if task != "detection" and args.pages:
        raise ConfigError("--pages is for detectors; leave it out")
    return _EXPORTS[task](args)


def _task(weights: Path) -> str:
    """What a weight file, or the shipped model of this name, is for."""
    from koocr.training.weights_file import read_settings
    from koocr.weights import shipped_models

    if weights.suffix.lower() == ".h5":
        task = read_settings(weights).get("task")
        return str(task) if task in _NUM_IMAGES else "character"
    tasks = {model.name: model.task for model in shipped_models()}
    return tasks.get(str(weights), "character")


def _export_character(args: argparse.Namespace) -> int:
    import numpy as np

    from koocr.character.calibration import calibration_images, logits_of
    from koocr.character.export import agreement, export_onnx, quantise
    from koocr.character.keras_model import load_model, stored_metadata
    from koocr.character.temperatures import fit_temperatures
    from koocr.data.glyphs import open_store
    from koocr.training.weights_file import average_weights, save_weights
    from koocr.weights import keras_file

    if args.int8 and not args.calibration:
        raise ConfigError("--int8 needs --calibration with the glyph store of the val split")
    source = keras_file(args.weights, task="character")
    metadata = stored_metadata(source)
    if args.common_bonus is not None:
        metadata = replace(metadata, common_bonus=args.common_bonus)
    model, settings = load_model(source), metadata.settings
    average_weights(model, args.average)
    images = np.zeros((0, settings.image_size, settings.image_size), np.uint8)
    if args.calibration:
        store = open_store(args.calibration)
        images, symbols = calibration_images(store, args.num_images, size=settings.image_size)
        temperatures = fit_temperatures(
            logits_of(model, images),
            symbols,
            charset=settings.charset,
            common_bonus=metadata.common_bonus,
        )
        metadata = replace(metadata, temperatures=temperatures)
    written = [
        export_onnx(
            model,
            settings,
            args.output,
            temperatures=metadata.temperatures,
            common_bonus=metadata.common_bonus,
        )
    ]
    if args.int8:
        written.append(quantise(args.output, args.int8, images))
    if args.half:
        save_weights(args.half, model, metadata.to_dict(), half=True)
        written.append(args.half)
    print_exported(written, metadata.temperatures)
    if args.int8:
        share = agreement(args.int8, args.output, images)
        print(f"int8 reads {share:.2%} of the {len(images)} images as float32 does")
    return 0


def _check_files(args: argparse.Namespace) -> None:
    """Raises ConfigError where a result would be written over the weights or another result, or misnamed."""
    files = {"weights": Path(args.weights), "--output": args.output, "--int8": args.int8, "--half": args.half}
    files |= {f"--average {path}": path for path in args.average}
    given = {name: path for name, path in files.items() if path is not None}
    for name, suffix in (("--output", ".onnx"), ("--int8", ".onnx"), ("--half", ".h5")):
        if name in given and given[name].suffix.lower() != suffix:
            raise ConfigError(f"{name} is {str(given[name])!r}; give a name that ends in {suffix}")
    places = [path.resolve() for path in given.values()]
    for name, path in given.items():
        if places.count(path.resolve()) > 1:
            raise ConfigError(f"{str(path)!r} is named twice ({name}); give each file a name of its own")


_NUM_IMAGES = {"character": 5000, "line": 400, "detection": DEFAULT_PAGES}
_EXPORTS = {"character": _export_character, "line": export_line, "detection": export_detector}
