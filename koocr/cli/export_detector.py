"""What `koocr export` does with the weights of a text detector."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.command_line import print_exported
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.image import GreyImage

DEFAULT_PAGES = 60


def export_detector(args: argparse.Namespace) -> int:
    """Exports, checks each file against Keras, and prints what was written.

    Args:
        args: `weights`, `average`, `output`, `int8`, `half`, `num_images` (pages), `fonts`, `text` and
            `handwriting`, as `koocr export` has them, and `pages`, folders of labelled pages.
    """
    from koocr.detection.export import agreement, export_onnx, quantise
    from koocr.detection.keras_model import load_model, stored_metadata
    from koocr.training.weights_file import average_weights, save_weights
    from koocr.weights import keras_file

    if (args.fonts is None) != (args.text is None):
        raise ConfigError(
            "--fonts and --text go together: pages are drawn from both; give the other one, too"
        )
    if args.int8 and args.fonts is None and not args.pages:
        raise ConfigError(
            "--int8 of a detector needs --pages, or --fonts and --text, for pages to calibrate it with"
        )
    source = keras_file(args.weights, task="detection")
    metadata, model = stored_metadata(source), load_model(source)
    average_weights(model, args.average)
    written = [export_onnx(model, metadata, args.output)]
    pages = _pages(args) if args.int8 else []
    if args.int8:
        written.append(quantise(args.output, args.int8, pages))
    if args.half:
        save_weights(args.half, model, metadata.to_dict(), half=True)
        written.append(args.half)
    print_exported(written, {})
    if args.int8:
        share = agreement(args.int8, args.output, pages).f1
        print(f"int8 finds what float32 finds on {len(pages)} pages: F1 {share:.2%} at IoU 0.7")
    return 0


def _pages(args: argparse.Namespace) -> list[GreyImage]:
    """Labelled pages and drawn ones of the split val, `num_images` in all or nearly."""
    from koocr.detection.data import CONDITIONS, PageSources, open_folders, validation_pages

    wanted = args.num_images or DEFAULT_PAGES
    folders: list[Path] = args.pages
    images = [
        folder.page(number).image
        for folder in open_folders(folders)
        for number in range(min(len(folder), wanted))
    ][:wanted]
    if args.fonts is not None:
        sources = PageSources(fonts=args.fonts, text=args.text, handwriting=args.handwriting)
        groups = validation_pages(sources, num=max(1, wanted // len(CONDITIONS)))
        images += [page.image for pages in groups.values() for page in pages]
    return images
