"""Opens what pages are drawn from: a folder of faces, one of texts, and perhaps one of real hands."""

from __future__ import annotations

from pathlib import Path

from koocr.data.faces import load_coverage, load_faces, select_faces
from koocr.data.handwriting import load_writers
from koocr.data.synthesis.pages.settings import PageSettings
from koocr.data.synthesis.pages.stream import PageStream
from koocr.data.synthesis.pages.types import TypePool
from koocr.data.text import LineText, Sentences, Syllables, TextSettings, TextSource, read_texts, read_words

__all__ = ["page_stream"]

_TEXT = TextSettings(sentences=0.5, syllables=0.1, forms=0.4, max_length=400, respaced=0.05)


def page_stream(
    fonts: str | Path,
    text: str | Path,
    handwriting: str | Path | None = None,
    *,
    split: str,
    settings: PageSettings | None = None,
    seed: int = 0,
) -> PageStream:
    """Drawn pages of one split.

    Args:
        fonts: folder with `faces.csv`, `coverage.tsv.gz` and the faces.
        text: folder with text files and a word list, see `koocr.data.text`.
        handwriting: folder of labelled crops of real hands; None: faces only.
        split: "train", "val" or "test": whose faces, hands and texts.
        settings: how pages are drawn.
        seed: another seed, other pages.

    Raises:
        DataError: a file is missing or damaged, or there is no face of the split.
        MissingDependencyError: Faker is not installed.
    """
    from koocr.data.forms import Forms

    folder = Path(fonts)
    table = folder / "coverage.tsv.gz"
    pool = TypePool(
        select_faces(load_faces(folder), splits=[split]),
        load_coverage(table) if table.exists() else {},
        writers=() if handwriting is None else load_writers(handwriting, split=split),
    )
    sources: dict[str, TextSource] = {
        "sentences": Sentences(read_texts(text), split=split),
        "syllables": Syllables(read_words(text), split=split),
        "forms": Forms(),
    }
    lines = LineText(sources, split=split, settings=_TEXT)
    return PageStream(pool, lines, settings=settings, seed=seed)
