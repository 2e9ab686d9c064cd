"""Pictures of lines: each with its truth and its reading under it, errors in colour; and of clusters."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.evaluation.alignment import Step
from koocr.evaluation.clusters import View
from koocr.evaluation.sheets import BLACK, GREY, RED, Tile, contact_sheet
from koocr.fonts import korean_face
from koocr.image import GreyImage

__all__ = ["LineSample", "cluster_sheet", "line_sheet", "marked_text", "samples_page"]

_BLUE = (30, 70, 170)
_COLOURS = ((90, 90, 90), RED, _BLUE, (20, 120, 60), (170, 100, 0), (120, 40, 140))  # the rest: the last
_GAP = 10
_TEXT_PX = 30
_ROW_PX = 38  # the label face hangs finals low
_NOTE_PX = 20
_MAX_HEIGHT = 64
_VIEW_PX = 220


@dataclass(frozen=True, eq=False)
class LineSample:
    """A line to be shown.

    Attributes:
        image: (H, W) grey, as it was read.
        steps: which character was read as which, see `koocr.evaluation.alignment.align`.
        note: where it is from.
    """

    image: GreyImage
    steps: tuple[Step, ...]
    note: str = ""


def line_sheet(samples: Sequence[LineSample], *, width: int = 900) -> Image.Image:
    """Lines one under the other, each with its truth (errors red) and its reading (errors blue).

    An underline shows errors in spaces too. Characters that the package's label face lacks, rare signs, are
    boxes.

    Args:
        samples: the lines; each picture is scaled down to fit, never up.
        width: of the sheet, in pixels.

    Returns:
        An RGB picture; an empty one if there are no lines.
    """
    font = ImageFont.truetype(str(korean_face()), _TEXT_PX)
    note_font = font.font_variant(size=16)
    pictures = [_scaled(sample.image, width - 2 * _GAP) for sample in samples]
    heights = [picture.height + 2 * _ROW_PX + _NOTE_PX + 2 * _GAP for picture in pictures]
    sheet = Image.new("RGB", (width, max(1, sum(heights) + _GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for sample, picture, height in zip(samples, pictures, heights, strict=True):
        draw.text((_GAP, top), sample.note, font=note_font, fill=GREY)
        sheet.paste(picture, (_GAP, top + _NOTE_PX))
        _write(draw, font, (_GAP, top + _NOTE_PX + picture.height), sample.steps, width - 2 * _GAP)
        bottom = top + height - _GAP
        draw.line((_GAP, bottom, width - _GAP, bottom), fill=(225, 225, 225))
        top += height
    return sheet


def _scaled(image: GreyImage, width: int) -> Image.Image:
    picture = Image.fromarray(image)
    scale = min(1.0, width / picture.width, _MAX_HEIGHT / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS) if scale < 1 else picture


def _write(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    corner: tuple[int, int],
    steps: Iterable[Step],
    width: int,
) -> None:
    """Writes truth and reading one under the other, so that what was lost or invented leaves a gap.

    Where they would be wider than `width`, they are written smaller.
    """
    left, top = float(corner[0]), corner[1]
    steps = list(steps)
    length = sum(max(map(font.getlength, step)) for step in steps)
    if length > width:
        font = font.font_variant(size=int(font.size * width / length))
    for step in steps:
        right = left + max(font.getlength(text) for text in step)
        for row, (text, colour) in enumerate(zip(step, (RED, _BLUE), strict=True)):
            baseline = top + (row + 1) * _ROW_PX - 12
            draw.text((left, baseline), text, font=font, fill=BLACK if step.is_right else colour, anchor="ls")
            if text and not step.is_right:
                draw.line((left + 1, baseline + 9, right - 1, baseline + 9), fill=colour, width=2)
        left = right


def marked_text(steps: Iterable[Step]) -> str:
    """A line with its errors in brackets, for plain text: `[나→다]` mistaken, `[-나]` lost, `[+다]` invented.

    A space inside a bracket is written ␣.
    """
    return "".join(step.truth if step.is_right else f"[{_marked(step)}]" for step in steps)


def _marked(step: Step) -> str:
    truth, read = (text.replace(" ", "␣") for text in step)
    return f"{truth}→{read}" if truth and read else f"-{truth}" if truth else f"+{read}"


_STYLE = """
body { font: 18px/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
section { border-bottom: 1px solid #ddd; padding: .8rem 0 }
img { max-width: 100%; max-height: 80px; border: 1px solid #eee; display: block }
small { color: #777 } p { margin: .1rem 0; white-space: pre-wrap }
del { background: #fdd; color: #a00; text-decoration: none } ins { background: #ddf; color: #006 }
"""


def samples_page(samples: Iterable[LineSample], *, title: str) -> str:
    """Lines as one HTML page that holds its pictures: truth and reading, errors marked, to look through."""
    parts = [
        "<!doctype html>",
        f'<html lang="ko"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        *map(_section, samples),
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _section(sample: LineSample) -> str:
    truth = "".join(_tagged(step.truth, "" if step.is_right else "del") for step in sample.steps)
    read = "".join(_tagged(step.read, "" if step.is_right else "ins") for step in sample.steps)
    image = f'<img alt="" src="data:image/png;base64,{_png(sample.image)}">'
    note = f"<small>{html.escape(sample.note)}</small>"
    return f"<section>{image}<p>{truth}</p><p>{read}</p>{note}</section>"


def _tagged(text: str, tag: str) -> str:
    return f"<{tag}>{html.escape(text)}</{tag}>" if tag and text else html.escape(text)


def _png(image: GreyImage) -> str:
    stream = BytesIO()
    Image.fromarray(image).save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def cluster_sheet(views: Sequence[View], *, columns: int = 4) -> Image.Image:
    """Mixed clusters, one square each: every frame is the symbol read in it, the most frequent in grey.

    If symbols stand apart, the network tells them apart within the cluster; if not, it guesses.
    """
    return contact_sheet([_view_tile(view) for view in views], columns=columns, tile_px=_VIEW_PX, title_px=26)


def _view_tile(view: View) -> Tile:
    names, counts = np.unique(view.symbols, return_counts=True)
    ranked = names[np.argsort(-counts, kind="stable")].tolist()
    picture = Image.new("RGB", (_VIEW_PX, _VIEW_PX), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(korean_face()), 22)
    extent = np.abs(view.points).max() or 1.0
    places = (_VIEW_PX / 2 + view.points / extent * (_VIEW_PX / 2 - 16)).round()
    for symbol, (x, y) in zip(view.symbols.tolist(), places.tolist(), strict=True):
        colour = _COLOURS[min(ranked.index(symbol), len(_COLOURS) - 1)]
        draw.text((x, y), "_" if symbol == " " else symbol, font=font, fill=colour, anchor="mm")
    title = " ".join("space" if symbol == " " else symbol for symbol in ranked[:6])
    return Tile(np.asarray(picture), ((title, BLACK),))
