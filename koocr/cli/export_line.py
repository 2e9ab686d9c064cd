"""What `koocr export` does with the weights of a line network."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.command_line import print_exported
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.line.metadata import LineMetadata


def add_line_arguments(group: Any) -> None:
    """Adds the options that only line networks have."""
    group.add_argument("--fonts", type=Path, help="faces, of which those of the split val draw lines")
    group.add_argument("--text", type=Path, help="texts, of which those of the split val are drawn")
    group.add_argument("--handwriting", type=Path, help="real hands beside the faces")


def export_line(args: argparse.Namespace) -> int:
    """Exports, checks each file against Keras, and prints what was written."""
    from koocr.line.export import agreement, export_onnx, quantise
    from koocr.line.keras_model import load_model, stored_metadata
    from koocr.training.weights_file import average_weights, save_weights
    from koocr.weights import keras_file

    if (args.fonts is None) != (args.text is None):
        raise ConfigError(
            "--fonts and --text go together: lines are drawn from both; give the other one, too"
        )
    if args.int8 and args.fonts is None:
        raise ConfigError("--int8 of a line network needs --fonts and --text, to draw lines for calibration")
    source = keras_file(args.weights, task="line")
    metadata, model = stored_metadata(source), load_model(source)
    average_weights(model, args.average)
    images: list[Any] = []
    if args.fonts is not None:
        images, texts = _validation_lines(args)
        metadata = replace(metadata, temperatures=_temperatures(model, metadata, images, texts))
    written = [export_onnx(model, metadata, args.output)]
    if args.int8:
        written.append(quantise(args.output, args.int8, images))
    if args.half:
        save_weights(args.half, model, metadata.to_dict(), half=True)
        written.append(args.half)
    print_exported(written, metadata.temperatures)
    if args.int8:
        share = agreement(args.int8, args.output, images)
        print(f"int8 reads {share:.2%} of the {len(images)} lines as float32 does")
    return 0


def _validation_lines(args: argparse.Namespace) -> tuple[list[Any], list[str]]:
    """Pictures and texts, of each kind that training is validated on equally many."""
    from koocr.line.drawn import LineDrawing, LineSources, validation_lines

    sources = LineSources(fonts=args.fonts, text=args.text, handwriting=args.handwriting)
    drawing = LineDrawing(num_validation=max(1, args.num_images // 4))
    groups = list(validation_lines(sources, drawing).groups.values())
    images = [image for lines in groups for image in lines.images]
    return images, [text for lines in groups for text in lines.texts]


def _temperatures(
    model: Any, metadata: LineMetadata, images: list[Any], texts: list[str]
) -> dict[str, float]:
    from koocr.line.batches import sorted_strips
    from koocr.line.keras_model import reading_model
    from koocr.line.temperatures import ReadBatch, fit_temperatures

    network = reading_model(model)
    batches = [
        ReadBatch(
            network.predict_on_batch(strips.as_input()),
            strips.num_frames,
            [texts[row] for row in strips.rows.tolist()],
        )
        for strips in sorted_strips(images, height=metadata.settings.height)
    ]
    return fit_temperatures(metadata, batches)
