"""`koocr load`: ready patches from Google Drive, and the open handwriting sets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.options import add_flag, boolean, counted
from koocr.errors import ConfigError, DownloadError

if TYPE_CHECKING:
    from koocr.data.download.handwriting import Prepared

NAME = "load"
HELP = "download ready training patches, or the open handwriting sets, and unpack them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--sevenzip",
        type=boolean,
        nargs="?",
        const=True,
        metavar="true|false",
        help="download the ancestor's patches, packed as .7z (true) or .zip (false)",
    )
    add_flag(parser, "--handwriting", help="download the open handwriting sets and cut them into characters")
    source = parser.add_argument_group("an archive of patches of your own").add_mutually_exclusive_group()
    source.add_argument("--archive", type=Path, help="a .7z or .zip file that is here already")
    source.add_argument("--url", help="its address")
    source.add_argument("--drive_id", help="its id on Google Drive")
    parser.add_argument("--sha256", help="its checksum; nothing is unpacked if it differs")
    where = parser.add_argument_group("where to")
    where.add_argument("--data_path", type=Path, default=Path("data"), help="training patches (./data)")
    where.add_argument(
        "--val_path", type=Path, default=Path("val_data"), help="validation patches (./val_data)"
    )
    where.add_argument(
        "--handwriting_path", type=Path, default=Path("handwriting"), help="handwriting sets (./handwriting)"
    )
    where.add_argument(
        "--download_path",
        type=Path,
        default=Path("downloads"),
        help="archives while they are fetched (./downloads)",
    )
    parser.add_argument(
        "--writers", default="", help="of the handwriting sets, such as hhr-001,hhr-005 (all)"
    )
    add_flag(parser, "--keep", help="keep downloaded archives after unpacking")


def run(args: argparse.Namespace) -> int:
    """Fetches and unpacks what is asked for; by default the ancestor's patches."""
    own = args.archive or args.url or args.drive_id
    if args.sha256 and not own:
        raise ConfigError("--sha256 belongs to --archive, --url or --drive_id")
    code = 0
    if args.archive:
        _unpack(args, args.archive, sha256=args.sha256)
    elif own:
        _fetch_own(args)
    elif args.sevenzip is not None or not args.handwriting:
        _fetch_known(args, "zip" if args.sevenzip is False else "7z")
    if args.handwriting:
        code = _handwriting(args)
    return code


def _fetch_own(args: argparse.Namespace) -> None:
    from koocr.data.download.drive import fetch_drive
    from koocr.data.download.http import Download, fetch

    if args.drive_id:
        path = fetch_drive(
            args.drive_id,
            args.download_path / f"{args.drive_id}.archive",
            sha256=args.sha256,
            progress=_print_bytes,
        )
    else:
        name = args.url.rstrip("/").rpartition("/")[2].partition("?")[0] or "archive"
        path = fetch(Download(args.url, sha256=args.sha256), args.download_path / name, progress=_print_bytes)
    _unpack(args, path, sha256=args.sha256)
    _clean(args, path)


def _fetch_known(args: argparse.Namespace, kind: str) -> None:
    from koocr.data.download.drive import fetch_drive
    from koocr.data.download.sources import load_patch_archives

    for archive in load_patch_archives(kind):
        path = fetch_drive(
            archive.drive_id, args.download_path / archive.name, sha256=archive.sha256, progress=_print_bytes
        )
        _unpack(args, path, sha256=archive.sha256, target=archive.target)
        _clean(args, path)


def _unpack(args: argparse.Namespace, path: Path, *, sha256: str | None, target: str | None = None) -> None:
    from koocr.data.download.patches import check_sha256, unpack_patches
    from koocr.data.files import sha256_of

    if sha256:
        check_sha256(path, sha256)
    patches = unpack_patches(path, data_path=args.data_path, val_path=args.val_path, target=target)
    if not sha256:
        print(f"{path.name}: no checksum was given; its SHA-256 is {sha256_of(path)}")
    folders = sorted({str(patch.parent) for patch in patches})
    print(f"{path.name}: {counted(len(patches), 'patch', 'patches')} in {', '.join(folders)}")


def _clean(args: argparse.Namespace, path: Path) -> None:
    if not args.keep:
        path.unlink()


def _handwriting(args: argparse.Namespace) -> int:
    from koocr.data.download.handwriting import fetch_handwriting

    writers = [name for name in args.writers.split(",") if name] or None
    results = fetch_handwriting(
        args.handwriting_path, writers=writers, tell=_print_set, progress=_print_bytes
    )
    return DownloadError.exit_code if any(result.problems for result in results) else 0


def _print_set(result: Prepared) -> None:
    if result.num_crops:
        print(f"{result.writer}: {counted(result.num_crops, 'character')}", flush=True)
    for problem in result.problems:
        print(f"koocr: {result.writer}: {problem}", file=sys.stderr, flush=True)


def _print_bytes(done: int, total: int | None) -> None:
    if sys.stderr.isatty():
        of = f" of {total >> 20:,}" if total else ""
        end = "\n" if done == total else ""
        print(f"\r{done >> 20:,}{of} MiB", end=end, file=sys.stderr, flush=True)
