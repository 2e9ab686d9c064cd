"""The command line: `koocr COMMAND …`, one module per command.

A command module has `NAME`, `HELP` (one line), `add_arguments(parser)` and `run(args) -> int`. Only the
module of the chosen command is imported, so each may import what it needs at its top, except that `koocr
--help` imports them all: heavy packages are imported inside `run`.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

import koocr
from koocr.cli.options import Parser, did_you_mean
from koocr.errors import ConfigError, KoocrError

__all__ = ["COMMANDS", "Command", "main", "program"]

COMMANDS = ("read", "line", "predict", "models", "train", "evaluate", "compare", "export", "crawl", "load")
"""The commands in the order of the help text; each is the module of this name in `koocr.cli`."""
TASKS = {"train": ("line", "prior", "detector"), "evaluate": ("line", "page", "detector"), "load": ("line",)}
"""Commands that do the same for another task, in options of their own: `koocr train line` is the module
`koocr.cli.train_line`."""

_GARBAGE = (50_000, 20, 20)
"""New objects before garbage is looked for, and rounds before it is looked for among older ones."""
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class Command(Protocol):
    """What a command module holds."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Does the work and returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the command's name and its options; by default those that the program was started with.

    Returns:
        The exit code: 0 for success, that of the `KoocrError` that ended the command (its message goes to
        standard error), 130 after Ctrl-C.
    """
    _never_fail_to_print()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")  # `koocr.image` says what is wrong with an image
            code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except KoocrError as error:
        print(f"koocr: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, ImportError) as error:
        if not _was_interrupted(error):
            raise
        print("koocr: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads our output, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes on exit
        return 0
    except OSError as error:  # a full disk, a folder that can't be written
        place = "" if error.filename is None else f"{error.filename!r}: "
        print(f"koocr: {place}{error.strerror or error}", file=sys.stderr)
        return KoocrError.exit_code


def program() -> int:
    """The program `koocr`: as `main`, with fewer searches for garbage.

    Starting and reading a page make a hundred thousand objects, none of them garbage; looking for some takes
    30 ms, and 30 more at the end, when the system takes all memory back anyway.
    """
    gc.set_threshold(*_GARBAGE)
    code = main()
    gc.freeze()
    return code


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: extension modules that are being loaded make an ImportError of that."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _run(argv: list[str]) -> int:
    name, *rest = argv or ["--help"]
    if name in ("-h", "--help", "help"):
        return _print_help() if not rest else _run([rest[0], "--help"])
    if name in ("-V", "--version"):
        print(f"koocr {koocr.__version__}")
        return 0
    if name not in COMMANDS:
        kind = "option" if name.startswith("-") else "command"
        hint = did_you_mean(name, COMMANDS) or f"the commands are {', '.join(COMMANDS)}"
        raise ConfigError(f"there is no {kind} {name!r}; {hint}")
    if rest and rest[0] in TASKS.get(name, ()):
        name, *rest = f"{name}_{rest[0]}", *rest[1:]
    return _run_command(_load(name), rest)


def _run_command(command: Command, argv: list[str]) -> int:
    parser = Parser(prog=f"koocr {command.NAME}", description=command.HELP)
    command.add_arguments(parser)
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has printed the help text
        return int(stop.code or 0)
    return command.run(args)


def _load(name: str) -> Command:
    return cast(Command, import_module(f"koocr.cli.{name}"))


def _print_help() -> int:
    names = [(name, *(f"{name}_{task}" for task in TASKS.get(name, ()))) for name in COMMANDS]
    commands = [_load(name) for group in names for name in group]
    width = max(len(command.NAME) for command in commands)
    print(
        "usage: koocr COMMAND [options]\n\nReads Korean, and trains and measures what reads it.\n\ncommands:"
    )
    for command in commands:
        print(f"  {command.NAME:{width}}  {command.HELP}")
    print("\n`koocr COMMAND --help` lists a command's options; `koocr --version` prints the version.")
    return 0


def _never_fail_to_print() -> None:
    """Lets 각 come out as U+AC01 on a terminal that can't show it, rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
