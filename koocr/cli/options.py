"""What the commands share: value types for `type=`, flags that take true or false, the parser, counted nouns.

The flags are spelled as in the ancestor: `--image_size=96 --clova=true`. Hyphens do as well as underscores,
and a flag without a value means true.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, NoReturn, TypeVar

from koocr.errors import ConfigError, missing_dependency

__all__ = [
    "Parser",
    "add_flag",
    "boolean",
    "counted",
    "did_you_mean",
    "fraction",
    "need_keras",
    "non_negative_int",
    "number",
    "positive_int",
    "positive_number",
]

_N = TypeVar("_N", int, float)

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 face", "2 faces"; `many` where the plural is no bare s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def boolean(text: str) -> bool:
    """Reads true or false; also yes, on, 1 and no, off, 0, in any case."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise argparse.ArgumentTypeError(f"takes true or false, not {text!r}")


def positive_int(text: str) -> int:
    """Reads a whole number of at least 1."""
    return _checked(text, int, lambda value: value >= 1, "a whole number of at least 1")


def non_negative_int(text: str) -> int:
    """Reads a whole number of at least 0."""
    return _checked(text, int, lambda value: value >= 0, "a whole number of at least 0")


def number(text: str) -> float:
    """Reads a finite number."""
    return _checked(text, float, math.isfinite, "a number")


def positive_number(text: str) -> float:
    """Reads a finite number above 0, a learning rate for instance."""
    return _checked(text, float, lambda value: math.isfinite(value) and value > 0, "a number above 0")


def fraction(text: str) -> float:
    """Reads a number from 0 to 1."""
    return _checked(text, float, lambda value: 0 <= value <= 1, "a number from 0 to 1")


def _checked(text: str, read: Callable[[str], _N], is_good: Callable[[_N], bool], wanted: str) -> _N:
    with contextlib.suppress(ValueError):
        value = read(text)
        if is_good(value):
            return value
    raise argparse.ArgumentTypeError(f"takes {wanted}, not {text!r}")


def add_flag(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup, name: str, *, help: str, default: bool = False
) -> None:
    """Adds a flag that is used as `--name`, `--name=true` or `--name=false`.

    Args:
        parser: where to add it.
        name: the flag with its two hyphens.
        help: one line; the default is added to it.
        default: its value when it is not given.
    """
    parser.add_argument(
        name,
        type=boolean,
        nargs="?",
        const=True,
        default=default,
        metavar="true|false",
        help=f"{help} (default: {str(default).lower()})",
    )


def need_keras() -> None:
    """Raises MissingDependencyError where Keras is not installed, before anything is read or drawn."""
    if find_spec("keras") is None:
        raise missing_dependency("keras", "train")


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Returns "did you mean …?" with the nearest known name, or `""` when nothing is near."""
    nearest = get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"did you mean {nearest[0]!r}?" if nearest else ""


class Parser(argparse.ArgumentParser):
    """An argument parser that takes hyphens for underscores and raises `ConfigError`, with a suggestion."""

    def __init__(self, **settings: Any) -> None:
        """Takes what `argparse.ArgumentParser` takes; options are never abbreviated."""
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Raises the message as a `ConfigError`, in one line."""
        raise self._error(" ".join(message.split()))

    def _error(self, message: str, hint: str = "") -> ConfigError:
        return ConfigError(
            f"{self.prog.removeprefix('koocr ')}: {message}; {hint or f'see `{self.prog} --help`'}"
        )

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parses options; an unknown one is a `ConfigError` that names the nearest.

        Raises:
            ConfigError: an option is unknown or missing, or a value is not one that it takes.
        """
        parsed, unknown = self.parse_known_args(args, namespace)
        if not unknown:
            return parsed
        given = unknown[0].partition("=")[0]
        if not given.startswith("-"):
            raise self._error(f"there is no place for the argument {given!r}")
        raise self._error(f"there is no option {given!r}", did_you_mean(given, self._option_string_actions))

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """As `argparse` does, after spelling options as they were added."""
        given = list(sys.argv[1:] if args is None else args)
        self._check_file_names(given)
        return super().parse_known_args(list(self._respelled(given)), namespace)

    def _check_file_names(self, given: list[str]) -> None:
        """Raises ConfigError for a file whose name would be taken for an option."""
        known = {*self._option_string_actions, *map(_plain, self._option_string_actions)}
        for arg in given:
            if arg == "--":
                return
            is_option = _plain(arg.partition("=")[0]) in known
            if arg.startswith("-") and len(arg) > 1 and not is_option and os.path.lexists(arg):
                raise self._error(f"{arg!r} looks like an option", f"to name the file, write {'./' + arg!r}")

    def _respelled(self, rest: list[str]) -> Iterator[str]:
        """Spells options as they were added; a flag without a value leaves the next argument alone."""
        declared = {_plain(option): option for option in self._option_string_actions}
        flags = {option for option, action in self._option_string_actions.items() if action.type is boolean}
        while rest:
            arg = rest.pop(0)
            if arg == "--":
                yield from (arg, *rest)
                return
            option, equals, value = arg.partition("=")
            option = declared.get(_plain(option), option)
            if option in flags and not equals:
                equals, value = "=", rest.pop(0) if rest and rest[0].lower() in _TRUE | _FALSE else "true"
            yield option + equals + value


def _plain(option: str) -> str:
    return "--" + option[2:].replace("-", "_") if option.startswith("--") else option
