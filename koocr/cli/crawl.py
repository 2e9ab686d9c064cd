"""`koocr crawl`: faces and AI Hub's OCR set as patches to train on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.options import add_flag, counted, fraction, positive_int
from koocr.errors import ConfigError, DataError, DownloadError

if TYPE_CHECKING:
    from koocr.data.crawl.faces import Crawled, CrawlSettings
    from koocr.data.crawl.fetch import Fetched
    from koocr.data.faces import Face

NAME = "crawl"
HELP = "draw faces into training patches, fetch faces, convert AI Hub's OCR set"

_FONTS = Path("fonts")
_SAMPLE = "가각값꿇뷁왜의쀍힣ㄱㅏㄳ"
_SHEET_FACES = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    what = parser.add_argument_group("what to make")
    add_flag(what, "--clova", help="draw faces: imitations of a hand as clova_*, print as printed_*")
    add_flag(what, "--AIHub", help="convert AI Hub's OCR set: handwritten_* and printed_*")
    add_flag(what, "--fetch_only", help="fetch the faces and what they draw, and draw no patches")
    add_flag(what, "--image_test", help="draw a contact sheet to ./logs/image_test.png instead of patches")
    where = parser.add_argument_group("where from, and where to")
    where.add_argument("--font_path", type=Path, help="a folder of faces (default: fetch them into ./fonts)")
    where.add_argument("--AIHub_path", type=Path, default=Path("AIhub"), help="AI Hub's set (./AIhub)")
    where.add_argument("--pickle_path", type=Path, default=Path("data"), help="training patches (./data)")
    where.add_argument(
        "--val_path", type=Path, default=Path("val_data"), help="validation patches (./val_data)"
    )
    where.add_argument("--test_path", type=Path, default=Path("test_data"), help="test patches (./test_data)")
    _add_choice(parser)
    _add_form(parser)


def run(args: argparse.Namespace) -> int:
    """Fetches, draws and converts; what fails is reported, the rest is done, and the exit code says so."""
    if not (args.clova or args.AIHub or args.fetch_only or args.image_test):
        raise ConfigError(
            "say what to make: --clova=true, --AIHub=true, --fetch_only=true or --image_test=true"
        )
    settings = _settings(args)
    codes = []
    if args.clova or args.fetch_only or args.image_test:
        codes += _faces(args, settings)
    if args.AIHub:
        codes.append(_aihub(args, settings))
    return max(codes)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_argument_group("which faces")
    choice.add_argument("--splits", default="train,val", help="of train,val,test (train,val)")
    choice.add_argument("--klasses", default="", help="of serif,gothic,display,handwriting (all)")
    choice.add_argument("--channels", default="", help="where they are published: of deb,npm,github (all)")
    choice.add_argument("--faces", default="", help="ids, as in the manifest or faces.csv (all)")
    choice.add_argument(
        "--val_ratio", type=fraction, default=0.1, help="share for validation where no split is given (0.1)"
    )
    choice.add_argument("--seed", type=int, default=42, help="decides which those are (42)")


def _add_form(parser: argparse.ArgumentParser) -> None:
    form = parser.add_argument_group("how the patches look")
    form.add_argument("--image_size", type=positive_int, default=96, help="side of a picture in pixels (96)")
    form.add_argument("--x_offset", type=int, help="where the pen starts (5, 8, 14, 50 for 64, 96, 128, 256)")
    form.add_argument("--y_offset", type=int, help="where the ascender's line lies (5, 8, 10, 10)")
    form.add_argument("--char_size", type=positive_int, help="the em in pixels (50, 80, 100, 200)")
    form.add_argument("--charset", default="all", help="all that a face draws, or ks1001 (all)")
    form.add_argument("--pickle_size", type=positive_int, default=5000, help="pictures in a patch (5000)")
    add_flag(form, "--jamo", help="draw the single jamo too")
    add_flag(form, "--npz", help="write .npz, compressed, instead of .pickle")
    add_flag(form, "--overwrite", help="draw faces anew whose patches are there")


def _settings(args: argparse.Namespace) -> CrawlSettings:
    from koocr.data.crawl.drawing import Placement
    from koocr.data.crawl.faces import CrawlSettings

    placement = Placement.of_size(
        args.image_size, x_offset=args.x_offset, y_offset=args.y_offset, char_size=args.char_size
    )
    return CrawlSettings(
        placement=placement,
        charset=args.charset,
        has_jamo=args.jamo,
        pickle_size=args.pickle_size,
        suffix=".npz" if args.npz else ".pickle",
        val_ratio=args.val_ratio,
        seed=args.seed,
        overwrite=args.overwrite,
    )


def _faces(args: argparse.Namespace, settings: CrawlSettings) -> list[int]:
    from koocr.data.crawl.faces import crawl_faces, find_faces

    code, folder = 0, args.font_path or _FONTS
    if args.font_path is None:
        code, ids = _fetch(args)
        faces = [face for face in find_faces(folder, settings=settings) if face.id in ids]
    else:
        faces = _chosen(args, find_faces(folder, settings=settings))
    if args.image_test:
        _image_test(faces, settings)
        return [code]
    if args.fetch_only:
        _write_coverage(folder, faces)
        return [code]
    places = {"train": args.pickle_path, "val": args.val_path, "test": args.test_path}
    results = crawl_faces(faces, places, settings=settings, tell=_print_crawled)
    drawn = [result for result in results if not result.problem]
    num_pictures = sum(result.num_images for result in drawn)
    print(f"{counted(len(drawn), 'face')}, {counted(num_pictures, 'picture')}")
    return [code, DataError.exit_code if len(drawn) < len(results) else 0]


def _fetch(args: argparse.Namespace) -> tuple[int, set[str]]:
    """Fetches the chosen faces; returns the exit code and the ids of all that were chosen."""
    from koocr.data.crawl.fetch import fetch_faces
    from koocr.data.crawl.published import CHANNELS, load_publications

    channels = _listed(args.channels, CHANNELS, "--channels") or CHANNELS
    published = [item for item in load_publications() if item.channel in channels]
    ids = {face.id for face in _chosen(args, [item.face for item in published])}
    results = fetch_faces((item for item in published if item.face.id in ids), _FONTS, tell=_print_fetched)
    return DownloadError.exit_code if any(result.problem for result in results) else 0, ids


def _chosen(args: argparse.Namespace, faces: list[Face]) -> list[Face]:
    from koocr.data.faces import KLASSES, SPLITS, select_faces

    ids = [name for name in args.faces.split(",") if name]
    if unknown := sorted(set(ids) - {face.id for face in faces}):
        raise ConfigError(f"--faces names {', '.join(unknown)}, which is not among the {len(faces)} faces")
    splits = _listed(args.splits, SPLITS, "--splits") or SPLITS
    klasses = _listed(args.klasses, KLASSES, "--klasses") or KLASSES
    chosen = [
        face for face in select_faces(faces, splits=splits, klasses=klasses) if not ids or face.id in ids
    ]
    if not chosen:
        raise ConfigError(
            f"none of the {len(faces)} faces is chosen; look at --splits, --klasses and --faces"
        )
    return chosen


def _listed(text: str, allowed: tuple[str, ...], option: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in allowed]:
        raise ConfigError(f"{option} has {', '.join(unknown)}; it takes {', '.join(allowed)}")
    return names


def _write_coverage(folder: Path, faces: list[Face]) -> None:
    from koocr.data.crawl.coverage import face_coverage
    from koocr.data.faces import load_coverage, write_coverage

    path = folder / "coverage.tsv.gz"
    table = load_coverage(path) if path.exists() else {}
    for face in faces:
        if face.id not in table:
            table[face.id] = face_coverage(face.path, index=face.index).syllables
            print(f"{face.id}: draws {counted(len(table[face.id]), 'syllable')}", flush=True)
    write_coverage(path, table)


def _image_test(faces: list[Face], settings: CrawlSettings) -> None:
    from PIL import Image

    from koocr.data.crawl.faces import contact_sheet

    sheet, names = contact_sheet(faces[:_SHEET_FACES], _SAMPLE, placement=settings.placement)
    path = Path("logs") / "image_test.png"
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(sheet).save(path)
    print(f"{path}: {_SAMPLE} in {', '.join(names)}")


def _aihub(args: argparse.Namespace, settings: CrawlSettings) -> int:
    from koocr.data.crawl.aihub import PROBLEMS, convert_aihub

    folders = {"train": args.pickle_path, "val": args.val_path}
    result = convert_aihub(args.AIHub_path, folders, settings=settings, tell=_print_records)
    for (kind, split), count in result.num_images.items():
        print(f"{kind.value}, {split}: {count:,} pictures")
    print(f"{result.num_other:,} words and sentences were passed over")
    if not result.problems:
        return 0
    where = args.pickle_path / PROBLEMS
    records = counted(len(result.problems), "record")
    print(f"koocr: {records} could not be used; see {where}", file=sys.stderr)
    return DataError.exit_code


def _print_records(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(
            f"\r{done:,} of {total:,} records", end="\n" if done == total else "", file=sys.stderr, flush=True
        )


def _print_fetched(result: Fetched) -> None:
    if result.problem:
        print(f"koocr: {result.face_id}: {result.problem}", file=sys.stderr, flush=True)
    else:
        print(f"{result.face_id}: {'fetched' if result.is_new else 'here already'}", flush=True)


def _print_crawled(result: Crawled) -> None:
    if result.problem:
        print(f"koocr: {result.face_id}: {result.problem}", file=sys.stderr, flush=True)
        return
    state = "" if result.is_new else ", here already"
    pairs = len(result.coverage.ambiguous) if result.coverage else 0
    left_out = f", {counted(pairs, 'pair')} drawn alike" if pairs else ""
    count = f"{counted(result.num_images, 'picture')} in {counted(len(result.patches), 'patch', 'patches')}"
    print(f"{result.face_id}: {result.split}, {count}{left_out}{state}", flush=True)
