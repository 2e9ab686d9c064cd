"""Documents in columns: headings, paragraphs, lists and boxes, one below the other."""

from __future__ import annotations

from collections.abc import Callable

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.flow import ASCENT, Setting, line, paragraph
from koocr.data.synthesis.pages.sheet import Area, Rect

__all__ = ["document", "fill_column", "heading", "running_heads", "text_setting"]

_BULLETS = ("•", "-", "·", "○", "●", "■", "□", "▶", "※", "◆", "*")
_NUMBERS = ("{}.", "{})", "({})", "{}. ", "제{}항")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_LETTERS = "가나다라마바사아자차"
_HEADINGS = ("{}. ", "제{}장 ", "제{}조 ", "{}) ", "[{}] ", "", "", "", "")

Filler = Callable[[Desk, Rect], float]


def document(desk: Desk) -> str:
    """Lays out a document; the number of columns is one of the desk's."""
    sheet, em = desk.sheet, desk.body.size_px
    columns = desk.columns[int(desk.rng.integers(len(desk.columns)))]
    columns = min(columns, max(1, int(sheet.width / (em * 14)))) if len(desk.columns) > 1 else columns
    across, down = desk.between(0.04, 0.13) * sheet.width, desk.between(0.04, 0.11) * sheet.height
    area = Rect(0, 0, sheet.width, sheet.height).inset(across, down)
    area = Rect(area.left, area.top + 1.5 * em, area.right, area.bottom - 1.5 * em)
    finish = running_heads(desk, area)
    if desk.chance(0.6):
        area = area._replace(top=title(desk, area))
    _bands(desk, area, columns)
    finish()
    return f"document-{columns}"


def _bands(desk: Desk, area: Rect, columns: int) -> None:
    """Columns from top to bottom, or cut by headings that reach across them."""
    em, top = desk.body.size_px, area.top
    cuts = desk.count(1, 2) if columns > 1 and desk.chance(0.3) else 0
    gap = em * desk.between(1.3, 3.5)
    has_rules = columns > 1 and desk.chance(0.3)
    for left in range(cuts, -1, -1):
        bottom = area.bottom if not left else top + (area.bottom - top) / (left + 1)
        band = Rect(area.left, top, area.right, bottom)
        fill_columns(desk, band, columns, gap=gap, has_rules=has_rules)
        if left:
            top = heading(desk, Rect(area.left, bottom + em, area.right, area.bottom), scale=1.4)


def fill_columns(desk: Desk, band: Rect, columns: int, *, gap: float, has_rules: bool) -> None:
    """Fills columns side by side, each from its top to the bottom, the last perhaps not."""
    width = (band.width - gap * (columns - 1)) / columns
    for place in range(columns):
        left = band.left + place * (width + gap)
        is_last = place == columns - 1
        share = desk.between(0.5, 1.0) if is_last and desk.chance(0.4) else 1.0
        column = Rect(left, band.top, left + width, band.top + share * band.height)
        fill_column(desk, column)
        if has_rules and not is_last:
            x = round(left + width + gap / 2)
            desk.sheet.rule([(x, band.top), (x, band.bottom)], width=max(1, round(desk.px(0.5))))


def fill_column(desk: Desk, column: Rect) -> None:
    """Fills a column with paragraphs, lists, boxes and headings."""
    em, top = desk.body.size_px, column.top
    makers: list[Filler] = [text_block, listing, boxed, heading]
    shares = [0.64, 0.16, 0.06, 0.14]
    while column.bottom - top > 1.2 * em:
        maker = makers[int(desk.rng.choice(len(makers), p=shares))]
        if maker is heading and column.bottom - top < 5 * em:
            maker = text_block
        below = maker(desk, column._replace(top=top))
        if below <= top:
            break
        top = below + desk.look.paragraph_gap * em


def text_setting(desk: Desk, **changes: float) -> Setting:
    """How the page's paragraphs are set."""
    look, em = desk.look, desk.body.size_px
    setting = Setting(
        type=desk.body,
        line_px=look.line_height * em,
        align="justify" if look.is_justified else "left",
        breaks_words=look.breaks_words,
        first=look.indent * em,
    )
    return setting if not changes else Setting(**{**setting.__dict__, **changes})


def text_block(desk: Desk, rect: Rect) -> float:
    """A paragraph; returns the row where the next block may begin."""
    length = int(desk.between(30, 320))
    return paragraph(desk, desk.say(length), rect, text_setting(desk))


def listing(desk: Desk, rect: Rect) -> float:
    """A list with hanging indents: the mark belongs to the first line of its item."""
    em, top = desk.body.size_px, rect.top
    form, left = desk.count(0, 3), rect.left + desk.between(0, 2) * em
    bullet, number = desk.any_of(_BULLETS), desk.any_of(_NUMBERS)
    for place in range(desk.count(2, 6)):
        mark = (bullet, number.format(place + 1), _CIRCLED[place], _LETTERS[place] + ".")[form]
        text = f"{mark.strip()} {desk.say(desk.count(10, 90))}"
        hang = desk.body.width(mark.strip() + " ")
        setting = text_setting(desk, first=0.0, rest=hang)
        below = paragraph(desk, text, Rect(left, top, rect.right, rect.bottom), setting)
        if below <= top:
            break
        top = below
    return top


def boxed(desk: Desk, rect: Rect) -> float:
    """A framed or shaded passage, perhaps with 보기 on its frame."""
    em, sheet = desk.body.size_px, desk.sheet
    pad = desk.between(0.6, 1.4) * em
    if rect.height < 6 * em:
        return text_block(desk, rect)
    first_mark, head = len(sheet.marks), desk.chance(0.3)
    inner = rect.inset(pad)
    top = inner.top
    if head:
        word = desk.any_of(("<보기>", "보 기", "[보기]", "참고", "<조건>", "[자료]"))
        middle = rect.left + rect.width / 2
        top = line(desk, word, middle, top + ASCENT * em, desk.body, align="center").bottom + 0.4 * em
    bottom = paragraph(desk, desk.say(desk.count(30, 200)), inner._replace(top=top), text_setting(desk))
    bottom += pad - (desk.look.line_height - 1) * em
    fill = sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.03, 0.2) if desk.chance(0.3) else None
    frame = sheet.ink if fill is None or desk.chance(0.4) else None
    area = Area(rect._replace(bottom=bottom), fill, frame, max(1, round(desk.px(0.7))))
    sheet.marks.insert(first_mark, area)
    return bottom + 0.6 * em


def heading(desk: Desk, rect: Rect, *, scale: float | None = None) -> float:
    """A heading of one or two lines; returns the row where what follows may begin."""
    scale = desk.between(1.0, 1.6) if scale is None else scale
    type_ = desk.type(scale, is_bold=desk.chance(0.6), is_heading=True)
    em = type_.size_px
    text = desk.any_of(_HEADINGS).format(desk.count(1, 9)) + desk.say(desk.count(4, 18), is_heading=True)
    setting = Setting(type_, desk.between(1.2, 1.6) * em, "center" if desk.chance(0.15) else "left")
    top = rect.top + desk.between(0.2, 0.8) * em
    below = paragraph(desk, text, rect._replace(top=top), setting)
    return rect.top if below <= top else below + desk.between(0, 0.5) * em


def title(desk: Desk, area: Rect) -> float:
    """The title of a document, perhaps with a line of names below it."""
    type_ = desk.type(desk.between(1.6, 2.8), is_bold=desk.chance(0.5), is_heading=True)
    align = "center" if desk.chance(0.7) else "left"
    setting = Setting(type_, 1.4 * type_.size_px, align)
    top = paragraph(desk, desk.say(desk.count(6, 24), is_heading=True), area, setting)
    if desk.chance(0.4):
        small = Setting(desk.body, 1.5 * desk.body.size_px, align)
        top = paragraph(desk, desk.short(24, kinds=("forms",)), area._replace(top=top), small)
    if desk.chance(0.25):
        desk.sheet.rule([(area.left, top), (area.right, top)], width=max(1, round(desk.px(1))))
    return top + desk.between(0.5, 2) * desk.body.size_px


def running_heads(desk: Desk, area: Rect) -> Callable[[], None]:
    """Sets what stands above the text, and returns what sets the foot, which is read last."""
    small, em = desk.type(desk.between(0.7, 0.95)), desk.body.size_px
    number, middle = str(desk.count(1, 400)), (area.left + area.right) / 2
    if desk.chance(0.35):
        row = area.top - 1.2 * em
        line(desk, desk.short(16), area.left, row, small)
        if desk.chance(0.5):
            line(desk, number, area.right, row, small, align="right")
        if desk.chance(0.4):
            desk.sheet.rule([(area.left, row + 0.5 * em), (area.right, row + 0.5 * em)])
    shape = desk.any_of(("{}", "- {} -", "{}쪽", "{}", "{} / 400", "p. {}"))
    has_foot, place = desk.chance(0.6), desk.count(0, 2)

    def foot() -> None:
        if not has_foot:
            return
        x = (area.left, middle, area.right)[place]
        align = ("left", "center", "right")[place]
        line(desk, shape.format(number), x, area.bottom + 1.6 * em, small, align=align)

    return foot
