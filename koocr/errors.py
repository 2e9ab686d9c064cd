"""Every error that a user of koocr can cause.

Each error is one sentence that says what was wrong, with the value, and what to do. The exit code of the
command line and the HTTP status of the server stand on the class, so that only those two translate errors,
each in one place.
"""

from __future__ import annotations

from os import PathLike, fspath
from typing import ClassVar

__all__ = [
    "CharsetError",
    "ConfigError",
    "DataError",
    "DownloadError",
    "InputError",
    "KoocrError",
    "MissingDependencyError",
    "TrainingError",
    "WeightsCorruptError",
    "WeightsError",
    "WeightsMissingError",
    "missing_dependency",
]


class KoocrError(Exception):
    """The base of all errors that koocr raises on purpose.

    Attributes:
        exit_code: what a command exits with when this error ends it.
        http_status: what the server answers with.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500


class InputError(KoocrError):
    """An image that cannot be read: missing, damaged, empty, too large, or of an unknown kind."""

    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 400


class CharsetError(KoocrError):
    """Text or a symbol that the charset in use does not hold."""

    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 400


class ConfigError(KoocrError):
    """An unknown option, or a value that an option does not take."""

    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 400


class WeightsError(KoocrError):
    """Weights that cannot be used, for instance those of another network."""

    exit_code: ClassVar[int] = 3
    http_status: ClassVar[int] = 500


class WeightsMissingError(WeightsError):
    """Weights that are not where they should be."""


class WeightsCorruptError(WeightsError):
    """Weights whose bytes are damaged or are not what the manifest promises."""


class MissingDependencyError(KoocrError):
    """An optional package that is needed and not installed; see `missing_dependency`."""

    exit_code: ClassVar[int] = 4
    http_status: ClassVar[int] = 501


class DataError(KoocrError):
    """A record of training or test data that cannot be used.

    Attributes:
        file: the file that holds the record, where there is one.
        line: its line or record number in that file, where known.
    """

    exit_code: ClassVar[int] = 5
    http_status: ClassVar[int] = 422

    def __init__(
        self, message: str, *, file: str | PathLike[str] | None = None, line: int | None = None
    ) -> None:
        """Puts the place in front of the message: `file:line: message`.

        Args:
            message: what is wrong with the record and what to do.
            file: the file that holds it.
            line: its line or record number in that file; it shows only together with `file`.
        """
        self.file = None if file is None else fspath(file)
        self.line = line
        place = "" if self.file is None else f"{self.file}: " if line is None else f"{self.file}:{line}: "
        super().__init__(place + message)


class DownloadError(KoocrError):
    """A download that failed, was cut short, or brought other bytes than expected."""

    exit_code: ClassVar[int] = 6
    http_status: ClassVar[int] = 502


class TrainingError(KoocrError):
    """A training run that cannot go on, for instance after a loss that is not a number."""

    exit_code: ClassVar[int] = 7
    http_status: ClassVar[int] = 500


def missing_dependency(package: str, extra: str) -> MissingDependencyError:
    """Makes the error for an optional package that is not installed.

    Args:
        package: its name on the package index, for instance `"keras"`.
        extra: the extra of koocr that brings it, for instance `"train"`.

    Returns:
        The error, to be raised `from` the `ImportError`.
    """
    return MissingDependencyError(f"{package} is not installed; run: pip install 'koocr[{extra}]'")
