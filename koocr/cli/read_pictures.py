"""Pictures of what `koocr read` read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from koocr.cli.read_files import disk_errors
from koocr.cli.read_jobs import Job
from koocr.cli.read_plan import PlannedDocument, place_outputs
from koocr.data.files import atomic_file
from koocr.layout import Page
from koocr.page.exporters.picture import draw_page
from koocr.page.sources import SourceSettings, open_document

__all__ = ["PictureFiles"]

_KINDS: Final = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


class PictureFiles:
    """Draws pages.

    Args:
        path: a file with the suffix of an image, of which each page but a lone one gets its own number; or a
            folder, where pictures are called as their documents are.
        documents: that are read.
        settings: of their pages.
    """

    def __init__(self, path: str, documents: Sequence[PlannedDocument], settings: SourceSettings) -> None:
        self._settings, self._documents = settings, documents
        self._is_file = Path(path).suffix.lower() in _KINDS and not Path(path).is_dir()
        sources = [document.source for document in documents]
        self._stems = [Path(path)] if self._is_file else place_outputs(sources, Path(path))
        self._is_alone = sum(len(document.numbers) for document in documents) == 1
        self._count = 0

    def add(self, page: Page, job: Job) -> None:
        """Draws a page; its picture is loaded again, as none is kept."""
        document = open_document(job.source, self._settings)
        try:
            image, _ = document.picture(job.number)
        finally:
            document.close()
        path = self._path(job)
        with disk_errors(path), atomic_file(path) as stream:
            draw_page(image, page).save(stream, format=_KINDS[path.suffix.lower()])

    def _path(self, job: Job) -> Path:
        self._count += 1
        if self._is_file:
            path = self._stems[0]
            return path if self._is_alone else path.with_name(f"{path.stem}-{self._count}{path.suffix}")
        stem = self._stems[job.index]
        number = f"-{job.number}" if len(self._documents[job.index].numbers) > 1 else ""
        return stem.with_name(f"{stem.name}{number}.png")
