"""Makes `koocr-label.otf` from Dongle: `python -m koocr.fonts.build Dongle_400Regular.ttf koocr-label.otf`.

Dongle composes its 11,172 syllables of a few hundred shapes. A TrueType file spells all of them out (4.4 MB);
a CFF font can say each once, as a subroutine. Two levels are used: a contour, and the contours of one jamo at
their place, so that a syllable is two or three calls. The font is CID-keyed, which spares 11,000 glyph names.

`python -m koocr.fonts.build koocr-blank.ttf` makes the face of invisible text in PDFs: one glyph without ink,
an em large, for all characters.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from fontTools.cffLib import FDArrayIndex, FDSelect, FontDict, GlobalSubrsIndex
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.qu2cuPen import Qu2CuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from koocr.hangul import JAMO, NUM_SYLLABLES, split_index, syllable

NAME = "koocr Label"
UNITS_PER_EM = 700
"""Dongle's letters are small in its em of 1,000; this brings them to the usual size."""
SIGNS = "·×–—‘’“”…→←↑↓≤≥≠±°‰−"
TOLERANCE = 1.0
"""Units by which a cubic curve may differ from the quadratic ones that it replaces."""

Program = tuple[Any, ...]
"""A charstring: numbers and operator names."""
Contour = tuple[tuple[float, float], Program]
"""Where it starts, and how it is drawn from there."""


def build_blank(target: Path) -> int:
    """Writes the face whose one glyph shows nothing, and returns its size in bytes.

    The em, 1,000 units, reaches from 200 below the line to 800 above it: a PDF's text layer counts on that.
    The glyph is a line from corner to corner and back: PDFium, and so Chrome, passes over text without a box.
    """
    pen = TTGlyphPen(None)
    pen.moveTo((0, -200))
    pen.lineTo((1000, 800))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.font.recalcTimestamp = False
    builder.updateHead(created=0, modified=0)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({0x20: "blank"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "blank": pen.glyph()})
    builder.setupHorizontalMetrics({name: (1000, 0) for name in (".notdef", "blank")})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "koocr Blank", "styleName": "Regular", "psName": "koocrBlank"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost(keepGlyphNames=False)
    builder.save(target)
    return target.stat().st_size


class Subroutines:
    """Pieces of charstring, each kept once; they are numbered at the end, the most used first."""

    def __init__(self) -> None:
        """Starts empty."""
        self.uses: Counter[Program] = Counter()

    def call(self, program: Program) -> Program:
        """A call of the program, as a placeholder that `number` replaces."""
        self.uses[program] += 1
        return (program, "callgsubr")

    def ordered(self) -> list[Program]:
        """The programs in such an order that the most used have the shortest numbers (those near `bias`)."""
        ranked = [program for program, _ in self.uses.most_common()]
        bias = _bias(len(ranked))
        slots = sorted(range(len(ranked)), key=lambda slot: abs(slot - bias))
        ordered: list[Program] = [()] * len(ranked)
        for program, slot in zip(ranked, slots, strict=True):
            ordered[slot] = program
        return ordered


def build(source: Path, target: Path) -> int:
    """Reads Dongle, writes the label face, and returns its size in bytes."""
    face = TTFont(source)
    cmap, glyphs = face.getBestCmap(), face.getGlyphSet()
    chars = [chr(c) for c in range(0x20, 0x7F)] + [c for c in SIGNS if ord(c) in cmap] + list(JAMO)
    syllables = [syllable(index) for index in range(NUM_SYLLABLES)]
    reader = _ContourReader(glyphs, cmap)
    subroutines = Subroutines()
    programs = {char: _draw(reader.read(char), subroutines) for char in chars}
    for char, groups in zip(syllables, _jamo_groups(syllables, reader), strict=True):
        calls = [subroutines.call(_draw(group, subroutines, returns=True)) for group in groups]
        programs[char] = tuple(chain.from_iterable(calls))
    widths = {char: round(glyphs[cmap[ord(char)]].width) for char in programs}
    _write(target, programs, widths, subroutines, face)
    return target.stat().st_size


class _ContourReader:
    """Reads a glyph as contours of cubic curves in whole units."""

    def __init__(self, glyphs: Any, cmap: dict[int, str]) -> None:
        self._glyphs, self._cmap = glyphs, cmap
        self._programs: dict[Any, Program] = {}

    def read(self, char: str) -> list[Contour]:
        pen = DecomposingRecordingPen(self._glyphs)
        self._glyphs[self._cmap[ord(char)]].draw(pen)
        contours, current = [], []
        for operator, points in pen.value:
            current.append((operator, points))
            if operator == "closePath":
                contours.append(self._contour(current))
                current = []
        return contours

    def _contour(self, drawn: Sequence[tuple[str, Any]]) -> Contour:
        start = drawn[0][1][0]
        key = tuple((op, tuple((x - start[0], y - start[1]) for x, y in points)) for op, points in drawn)
        if key not in self._programs:
            self._programs[key] = _cubic_program(key)
        return start, self._programs[key]


def _cubic_program(relative: Iterable[tuple[str, Any]]) -> Program:
    recording = RecordingPen()
    pen = Qu2CuPen(recording, TOLERANCE, all_cubic=True)
    for operator, points in relative:
        getattr(pen, operator)(*points)
    program: list[Any] = []
    x = y = 0
    for operator, points in recording.value:
        if operator in ("lineTo", "curveTo"):
            for point in points:
                to_x, to_y = round(point[0]), round(point[1])
                program += [to_x - x, to_y - y]
                x, y = to_x, to_y
            program.append("rlineto" if operator == "lineTo" else "rrcurveto")
    return tuple(program)


def _draw(contours: Iterable[Contour], subroutines: Subroutines, *, returns: bool = False) -> Program:
    """The program of contours, from the origin; with `returns`, the pen goes back there."""
    program: list[Any] = []
    x = y = 0
    for start, outline in contours:
        begin = round(start[0]), round(start[1])
        program += [begin[0] - x, begin[1] - y, "rmoveto", *subroutines.call(outline)]
        end_x, end_y = _end(outline)
        x, y = begin[0] + end_x, begin[1] + end_y
    return tuple([*program, -x, -y, "rmoveto"] if returns else program)


def _end(outline: Program) -> tuple[int, int]:
    numbers = [item for item in outline if not isinstance(item, str)]
    return sum(numbers[::2]), sum(numbers[1::2])


def _jamo_groups(syllables: Sequence[str], reader: _ContourReader) -> Iterable[list[tuple[Contour, ...]]]:
    """Sorts the contours of each syllable by the jamo they belong to.

    A contour belongs to the place (initial, medial, final) in which the fewest of the jamo have it.
    """
    drawn = [reader.read(char) for char in syllables]
    seen: dict[Contour, tuple[set[int], set[int], set[int]]] = defaultdict(lambda: (set(), set(), set()))
    for index, contours in enumerate(drawn):
        for contour in contours:
            for jamo, met in zip(split_index(index), seen[contour], strict=True):
                met.add(jamo)
    for contours in drawn:
        groups: dict[int, list[Contour]] = defaultdict(list)
        for contour in contours:
            shares = [len(met) / count for met, count in zip(seen[contour], (19, 21, 28), strict=True)]
            groups[shares.index(min(shares))].append(contour)
        yield [tuple(groups[place]) for place in sorted(groups)]


def _write(
    target: Path, programs: dict[str, Program], widths: dict[str, int], subroutines: Subroutines, face: TTFont
) -> None:
    order = [".notdef", *(f"cid{number:05d}" for number in range(1, len(programs) + 1))]
    names = dict(zip(programs, order[1:], strict=True))
    ordered = subroutines.ordered()
    numbers = {program: slot - _bias(len(ordered)) for slot, program in enumerate(ordered)}
    default = Counter(widths.values()).most_common(1)[0][0]
    charstrings = {".notdef": T2CharString(program=["endchar"])}
    for char, program in programs.items():
        width = [] if widths[char] == default else [widths[char] - default]
        charstrings[names[char]] = T2CharString(program=[*width, *_numbered(program, numbers), "endchar"])
    advances = {".notdef": default} | {names[char]: width for char, width in widths.items()}
    builder = FontBuilder(UNITS_PER_EM, isTTF=False)
    builder.font.recalcTimestamp = False
    builder.updateHead(created=face["head"].created, modified=face["head"].modified)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    scale = 1 / UNITS_PER_EM
    builder.setupCFF(
        NAME.replace(" ", ""), {"FontMatrix": [scale, 0, 0, scale, 0, 0]}, charstrings,
        {"defaultWidthX": default, "nominalWidthX": default},
    )  # fmt: skip
    _key_by_cid(builder.font["CFF "].cff, [_numbered(program, numbers) for program in ordered])
    _add_tables(builder, advances, face)
    builder.save(target)


def _numbered(program: Program, numbers: dict[Program, int]) -> list[Any]:
    return [numbers[item] if isinstance(item, tuple) else item for item in program]


def _key_by_cid(cff: Any, subroutines: Sequence[list[Any]]) -> None:
    """Turns the name-keyed font that FontBuilder makes into a CID-keyed one, and adds the subroutines."""
    top = cff.topDictIndex[0]
    cff.GlobalSubrs = GlobalSubrsIndex()
    for program in subroutines:
        cff.GlobalSubrs.append(T2CharString(program=[*program, "return"]))
    fonts = FDArrayIndex()
    fonts.strings, fonts.GlobalSubrs = None, cff.GlobalSubrs
    part = FontDict()
    part.Private = top.Private
    fonts.append(part)
    select = FDSelect()
    select.format = 3
    select.gidArray = [0] * len(top.charset)
    top.ROS, top.CIDCount = ("Adobe", "Identity", 0), len(top.charset)
    top.FDArray, top.FDSelect = fonts, select
    top.CharStrings.fdArray, top.CharStrings.fdSelect = fonts, select
    top.GlobalSubrs = cff.GlobalSubrs
    for charstring in top.CharStrings.charStrings.values():
        charstring.globalSubrs = cff.GlobalSubrs
    del top.Private


def _add_tables(builder: FontBuilder, advances: dict[str, int], face: TTFont) -> None:
    ascent, descent = face["hhea"].ascent, face["hhea"].descent
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in advances.items()})
    builder.setupHorizontalHeader(ascent=540, descent=-400)
    copyright_text = face["name"].getDebugName(0)
    builder.setupNameTable({
        "copyright": copyright_text, "familyName": NAME, "styleName": "Regular", "fullName": NAME,
        "psName": NAME.replace(" ", ""), "version": "Version 1.000; from Dongle 2.000",
        "licenseDescription": face["name"].getDebugName(13), "licenseInfoURL": face["name"].getDebugName(14),
    })  # fmt: skip
    builder.setupOS2(sTypoAscender=540, sTypoDescender=-400, usWinAscent=ascent, usWinDescent=-descent)
    builder.setupPost(keepGlyphNames=False)


def _bias(count: int) -> int:
    return 107 if count < 1240 else 1131 if count < 33900 else 32768


if __name__ == "__main__":
    names = [Path(name) for name in sys.argv[1:]]
    print(build_blank(*names) if len(names) == 1 else build(*names), "bytes")
