"""What `koocr read` is asked to read, and where the results of each document go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from koocr.cli.read_files import DocumentFiles, Target
from koocr.cli.read_jobs import Job
from koocr.errors import ConfigError, KoocrError
from koocr.hangul import nfc
from koocr.page.exporters import FORMATS
from koocr.page.finding import Failure, Input, Source, find_sources
from koocr.page.sources import SourceSettings, chosen_pages, is_pdf, open_document

__all__ = ["PlannedDocument", "files_of", "jobs_of", "place_outputs", "plan_documents"]


@dataclass(frozen=True)
class PlannedDocument:
    """A document that can be opened.

    Attributes:
        source: it.
        numbers: of the pages to read, in order; at least one.
    """

    source: Source
    numbers: tuple[int, ...]


def plan_documents(
    inputs: Iterable[Input], settings: SourceSettings, failed: Callable[[str, KoocrError], None]
) -> list[PlannedDocument]:
    """Opens every document once, to count its pages.

    Args:
        inputs: see `koocr.page.finding.find_sources`.
        settings: which pages to take.
        failed: is told of what can't be opened.
    """
    documents = []
    for source in find_sources(inputs):
        if isinstance(source, Failure):
            failed(source.name, source.error)
            continue
        try:
            documents.append(_planned(source, settings))
        except KoocrError as error:
            failed(source.name, error)
    return documents


def jobs_of(documents: Sequence[PlannedDocument]) -> Iterator[Job]:
    """The pages of all documents, in order."""
    for index, document in enumerate(documents):
        for number in document.numbers:
            yield Job(document.source, number, index)


def files_of(documents: Sequence[PlannedDocument], target: Target) -> list[DocumentFiles]:
    """The output files of each document; all have the same ones where the target is one file.

    Raises:
        ConfigError: the documents can't be in one file, or one would overwrite another or its own source.
    """
    if target.path is None:
        return []
    if target.is_file:
        files = [_one_file(documents, target.path, target.formats[0])] * len(documents)
    else:
        stems = place_outputs([document.source for document in documents], target.path)
        files = [
            DocumentFiles(
                document.source.name,
                {name: stem.with_name(stem.name + FORMATS[name].suffix) for name in target.formats},
                len(document.numbers),
            )
            for document, stem in zip(documents, stems, strict=True)
        ]
    _check_sources(documents, files)
    return files


def place_outputs(sources: Sequence[Source], folder: Path) -> list[Path]:
    """The outputs of documents in a folder, without suffixes.

    They are called as the documents are, those of a folder with the subfolder's name before. Where two would
    be the same, as of a.jpg and a.png, the suffix of the document stays, and if that doesn't help, a number
    is added.
    """
    places = [_short(source.place) for source in sources]
    counts = Counter(map(_key, places))
    for index, (source, place) in enumerate(zip(sources, places, strict=True)):
        if counts[_key(place)] > 1 and source.path is not None:
            places[index] = place.with_name(place.name + source.path.suffix)
    seen: Counter[str] = Counter()
    for index, place in enumerate(places):
        seen[_key(place)] += 1
        if seen[_key(place)] > 1:
            places[index] = place.with_name(f"{place.name}-{seen[_key(place)]}")
    return [folder / place for place in places]


def _planned(source: Source, settings: SourceSettings) -> PlannedDocument:
    document = open_document(source, settings)
    try:
        return PlannedDocument(source, tuple(chosen_pages(source, document.num_pages, settings)))
    finally:
        document.close()


def _one_file(documents: Sequence[PlannedDocument], path: Path, name: str) -> DocumentFiles:
    num_pages = sum(len(document.numbers) for document in documents)
    if len(documents) > 1 and not FORMATS[name].combines:
        raise ConfigError(
            f"a file of {name} holds one document, and there are {len(documents)}; name a folder with -o"
        )
    if name == "pdf" and len(documents) > 1 and any(is_pdf(document.source) for document in documents):
        raise ConfigError("a PDF and other documents can't become one PDF; name a folder with -o")
    title = documents[0].source.name if len(documents) == 1 else path.name
    return DocumentFiles(title, {name: path}, num_pages)


def _check_sources(documents: Sequence[PlannedDocument], files: Sequence[DocumentFiles]) -> None:
    """Raises ConfigError where an output would take the place of a document."""
    read = {document.source.path.resolve() for document in documents if document.source.path is not None}
    for found in files:
        for path in found.paths.values():
            if path.resolve() in read:
                raise ConfigError(
                    f"{str(path)!r} would be overwritten with its own text; name another folder"
                )


def _key(place: Path) -> str:
    """Names that some file systems take for one are the same here."""
    return nfc(str(place)).casefold()


def _short(place: Path) -> Path:
    """A name to which a suffix can be added; file systems count bytes, 255 at most."""
    name = place.name.encode("utf-8", errors="surrogateescape")
    return place if len(name) <= 220 else place.with_name(name[:220].decode("utf-8", errors="ignore"))
