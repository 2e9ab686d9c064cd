"""Where `koocr read` writes, and how: whole files or none."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from koocr.data.files import atomic_file
from koocr.errors import ConfigError, KoocrError
from koocr.layout import Page
from koocr.page.exporters import FORMATS, Exporter, format_of, open_exporter
from koocr.page.finding import Source

__all__ = ["DocumentFiles", "Output", "Target", "disk_errors", "page_path", "target_of"]


@dataclass(frozen=True)
class Target:
    """Where results go.

    Attributes:
        path: a file or a folder; None for standard output.
        formats: names of formats.
        is_file: the path is one file for everything.
    """

    path: Path | None
    formats: tuple[str, ...]
    is_file: bool = False


def target_of(path: str | None, formats: Sequence[str]) -> Target:
    """Reads `-o` and `--format`.

    Args:
        path: a file with the suffix of a format, a folder, or None.
        formats: as given; empty for what goes with the path.

    Raises:
        ConfigError: they don't go together.
    """
    if path is None:
        return _standard_output(tuple(formats) or ("txt",))
    is_folder = os.path.isdir(path) or path.endswith(("/", os.sep))
    suffix = None if is_folder or formats else format_of(path)
    if is_folder or (not suffix and not Path(path).suffix):
        return Target(Path(path), tuple(formats) or ("txt",))
    if not suffix and len(formats) != 1:
        known = ", ".join(form.suffix for form in FORMATS.values())
        wanted = "one --format" if formats else f"a name that ends in one of {known}, or a folder with /"
        raise ConfigError(f"-o {path!r} is a file; give {wanted}")
    return Target(Path(path), (suffix,) if suffix else tuple(formats), is_file=True)


def _standard_output(formats: tuple[str, ...]) -> Target:
    if len(formats) > 1 or not FORMATS[formats[0]].is_text:
        names = ", ".join(formats)
        raise ConfigError(f"{names} can't go to standard output; name a file or a folder with -o")
    return Target(None, formats)


class Output(Protocol):
    """Where the pages of a document go."""

    def __enter__(self) -> Output: ...
    def __exit__(self, kind: object, error: BaseException | None, trace: object, /) -> None: ...
    def add(self, page: Page, source: Source) -> None:
        """Writes a page."""

    def skip(self, number: int, source: Source) -> None:
        """Passes over a page that could not be read."""


@dataclass
class DocumentFiles:
    """The output files of one document; use it as a context. They appear when the context ends without error.

    Attributes:
        name: of the document.
        paths: one for each format.
        num_pages: that will be written.
    """

    name: str
    paths: dict[str, Path]
    num_pages: int
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _exporters: list[Exporter] = field(default_factory=list, repr=False)
    _skipped: list[tuple[int, Source]] = field(default_factory=list, repr=False)

    def __enter__(self) -> DocumentFiles:
        """Opens nothing yet: a document of which nothing can be read leaves no file."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Ends the files; after an error they are removed."""
        with disk_errors(next(iter(self.paths.values()))), self._stack:
            if error is not None:
                raise error
            for exporter in self._exporters:
                for number, source in self._skipped:
                    exporter.skip(number, source)
                exporter.finish()

    def add(self, page: Page, source: Source) -> None:
        """Writes a page."""
        with disk_errors(next(iter(self.paths.values()))):
            if not self._exporters:
                self._open()
            for exporter in self._exporters:
                exporter.add(page, source)
            for name, path in self.paths.items():
                if FORMATS[name].one_page:
                    with atomic_file(page_path(path, name, page.number, self.num_pages)) as stream:
                        _write_page(name, stream, page, source)

    def skip(self, number: int, source: Source) -> None:
        """Passes over a page that could not be read; where it is all there is, there will be no file."""
        self._skipped.append((number, source))

    def is_done(self, numbers: Sequence[int], source: Source) -> bool:
        """Whether all files are there and no older than the document."""
        paths = [
            page_path(path, name, number, self.num_pages) if FORMATS[name].one_page else path
            for name, path in self.paths.items()
            for number in numbers
        ]
        newest = source.path.stat().st_mtime if source.path is not None and source.path.exists() else 0.0
        return all(path.is_file() and path.stat().st_mtime >= newest for path in set(paths))

    def _open(self) -> None:
        for name, path in self.paths.items():
            if not FORMATS[name].one_page:
                stream = self._stack.enter_context(atomic_file(path))
                exporter = open_exporter(name, stream, self.name, folder=path.parent)
                self._exporters.append(exporter)


def page_path(path: Path, name: str, number: int, num_pages: int) -> Path:
    """The file of one page: a-2.page.xml for a.page.xml, unless there is but one page."""
    if num_pages == 1:
        return path
    suffix = FORMATS[name].suffix if path.name.endswith(FORMATS[name].suffix) else path.suffix
    return path.with_name(f"{path.name.removesuffix(suffix)}-{number}{suffix}")


def _write_page(name: str, stream: BinaryIO, page: Page, source: Source) -> None:
    """Writes a file of one page."""
    exporter = open_exporter(name, stream, source.name)
    exporter.add(page, source)
    exporter.finish()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Says what to do when a file can't be written.

    Raises:
        KoocrError: the disk is full, or the place can't be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KoocrError(
                f"the disk is full, {str(path)!r} was not written; make room and go on with --resume"
            ) from error
        reason = error.strerror or error
        raise KoocrError(f"{str(path)!r} can't be written ({reason}); name another place with -o") from error
