"""A report that anybody can read: written once as blocks, saved as Markdown, as one HTML file, and as JSON.

Markdown shows where repositories are read, with the pictures beside it; the HTML file holds its pictures, so
that it can be sent on alone; JSON is for programs.
"""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["Block", "Paragraph", "Picture", "Report", "Section", "Table", "percent", "write_report"]


@dataclass(frozen=True)
class Paragraph:
    """Running text; plain, without markup."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        header: one text per column.
        rows: as many texts each.
        caption: one sentence on what it shows.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture that lies in the report's folder.

    Attributes:
        file: its name there; PNG.
        caption: what it shows and how to read it.
    """

    file: str
    caption: str


Block: TypeAlias = Paragraph | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: of the page.
        sections: in reading order.
        data: the figures again, for programs: plain types.
    """

    title: str
    sections: tuple[Section, ...]
    data: Mapping[str, Any]


def write_report(report: Report, folder: Path) -> Path:
    """Writes `report.json`, `report.md` and `report.html` into the folder that holds the pictures.

    Returns:
        The path of the HTML file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_without_nan(report.data), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.md").write_text(to_markdown(report), encoding="utf-8")
    page = folder / "report.html"
    page.write_text(to_html(report, folder), encoding="utf-8")
    return page


def percent(share: float, decimals: int = 2) -> str:
    """Writes a share as a percentage, `–` where there is none. It never rounds up to 100."""
    if math.isnan(share):
        return "–"
    scale = 10**decimals
    value = 100 * share if share == 1 else math.floor(100 * share * scale + 0.5) / scale
    if share < 1 and value == 100:
        value = 100 - 1 / scale
    return f"{value:.{decimals}f} %"


def to_markdown(report: Report) -> str:
    """The report as GitHub-flavoured Markdown; pictures are links to files beside it."""
    parts = [f"# {report.title}"]
    for section in report.sections:
        parts += [f"## {section.title}", *(_block_to_markdown(block) for block in section.blocks)]
    return "\n\n".join(parts) + "\n"


def _block_to_markdown(block: Block) -> str:
    if isinstance(block, Paragraph):
        return block.text
    if isinstance(block, Picture):
        return f"![{block.caption}]({block.file})\n\n*{block.caption}*"
    rows = [block.header, ("---",) * len(block.header), *block.rows]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([f"{block.caption}\n", *lines] if block.caption else lines)


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; margin: 1rem 0 }
caption { text-align: left; padding-bottom: .4rem }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left }
th { background: #f3f3f3 }
figure { margin: 1rem 0 }
img { max-width: 100%; height: auto; border: 1px solid #eee }
figcaption { color: #555 }
"""


def to_html(report: Report, folder: Path) -> str:
    """The report as one HTML file that holds its pictures and needs no other file, script or network."""
    title = html.escape(report.title)
    body = [f"<h1>{title}</h1>"]
    for section in report.sections:
        body += [
            f"<h2>{html.escape(section.title)}</h2>",
            *(_block_to_html(b, folder) for b in section.blocks),
        ]
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    start = f'<!doctype html><html lang="en"><head>{head}</head><body>'
    return "\n".join([start, *body, "</body></html>", ""])


def _block_to_html(block: Block, folder: Path) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{html.escape(block.text)}</p>"
    if isinstance(block, Picture):
        data = base64.b64encode((folder / block.file).read_bytes()).decode("ascii")
        caption = html.escape(block.caption)
        image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
    rows = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in block.rows)
    caption = f"<caption>{html.escape(block.caption)}</caption>" if block.caption else ""
    return (
        f"<table>{caption}<thead><tr>{_cells(block.header, 'th')}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cells(texts: Sequence[str], tag: str) -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN: what was not measured becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value
