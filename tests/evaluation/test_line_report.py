"""A line report holds every section with right figures, its pictures, and the lines with errors marked."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from koocr.document import Line, LineCharacter
from koocr.evaluation.alignment import Step, align
from koocr.evaluation.clusters import cluster_frames
from koocr.evaluation.line_pictures import LineSample, line_sheet, marked_text, samples_page
from koocr.evaluation.line_readings import LineReadings
from koocr.evaluation.line_report import LineFindings, LineReportOptions, build_line_report
from koocr.evaluation.report import Table, write_report

GREY = np.full((40, 300), 200, np.uint8)
TRUTH = ["가 나", "한글 좋다", "각 나다", "A&B <b>"]
GROUPS = {
    "face": ["song", "song", "pen", "pen"],
    "class": ["serif", "serif", "handwriting", "handwriting"],
    "condition": ["clean", "clean", "degraded", "degraded"],
    "kind": ["sentence", "random", "sentence", "form"],
}


def readings() -> LineReadings:
    texts = ["가 나", "한굴좋다", "각 나 다", "A&B <b>"]
    read = [Line(text, 0.5, tuple(LineCharacter(c, 0.95, 0, 1) for c in text)) for text in texts]
    return LineReadings.of(TRUTH, read, groups=GROUPS)


class Page(HTMLParser):
    """The texts of a page by the tag around them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.num_images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.num_images += tag == "img"
        if tag not in ("meta", "img"):
            self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(self.tags[-1], []).append(data)


def findings() -> LineFindings:
    rng = np.random.default_rng(0)
    clusters = cluster_frames(rng.normal(size=(60, 3)).astype(np.float32), np.array(list("가나 ") * 20))
    peer = LineReadings.of_texts(TRUTH, ["가나", "한글좋다", "각나다", "A&B<b>"], groups=GROUPS)
    return LineFindings(
        readings(),
        image=lambda number: GREY,
        peers={"Tesseract": peer},
        ms_per_line={"": 4.25, "Tesseract": 30.0},
        clusters=clusters,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "new"
    options = LineReportOptions(
        name="line-test",
        explained={"clean": "black on white"},
        scorecard=Table(("", "must"), (("CER of the card", "1 %"),)),
        notes=("PP-OCR was left out.",),
        command="koocr evaluate line",
    )
    write_report(build_line_report(findings(), folder, options), folder)
    return folder


def test_the_report_has_every_section_and_its_pictures(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        "In short",
        "By face and writer",
        "By class",
        "By kind of text",
        "What is mistaken for what",
        "Lines with errors",
        "Can the confidence be trusted?",
        "What the network finds alike",
        "Beside other readers",
        "How this was measured",
    ]
    for part in ("CER of the card", "PP-OCR was left out.", "koocr evaluate line", "black on white"):
        assert part in text
    files = {path.name for path in folder.iterdir()}
    assert {"samples.png", "samples.html", "calibration.png", "clusters.png"} <= files
    assert {"confusion_medial.png"} <= files and "confusion_initial.png" not in files  # only 글 → 굴


def test_figures_stand_in_the_tables(folder: Path) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (folder / "report.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    clean = next(row for row in rows if row[0] == "clean" and len(row) > 2)
    assert clean[1:3] == ["2", "25.00 %"]  # 2 edits in 3 + 5 characters
    assert ["space", "–", "1"] in rows and ["–", "space", "1"] in rows and ["글", "굴", "1"] in rows
    assert ["4", "3", "1", "1"] in rows  # spaces there, read rightly, lost, invented
    assert ["whole lines", "4", "0.00 %", "50.00 %", "0.00 %", "–"] in rows  # 2 of 4 right at 0.5
    assert ["spaces", "4", "20.00 %", "27.50 %", "0.00 %", "–"] in rows  # 3 of 4 right at 0.95; one a bin
    peer = next(row for row in rows if row[0] == "Tesseract")
    assert peer[1:4] == ["25.00 %", "18.18 %", "21.05 %"] and peer[-1] == "30.0"


def test_json_holds_the_figures_for_programs(folder: Path) -> None:
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert data["conditions"]["clean"]["cer"] == pytest.approx(2 / 8)
    assert data["conditions"]["all"]["by"]["kind"]["form"]["exact"] == 1
    assert data["conditions"]["degraded"]["interval"]["high"] >= data["conditions"]["degraded"]["mean_cer"]
    assert data["peers"]["Tesseract"]["space_recall"] == 0
    assert data["peers"]["Tesseract"]["space_precision"] is None
    assert data["clusters"]["num_symbols"] == 3
    assert ["글", "굴", 1] in data["confusions"]


def test_wrong_lines_are_shown_and_right_ones_are_not(folder: Path) -> None:
    page = Page()
    page.feed((folder / "samples.html").read_text(encoding="utf-8"))
    assert page.num_images == 2
    assert sorted(page.texts["del"]) == [" ", "글"]
    assert sorted(page.texts["ins"]) == [" ", "굴"]
    assert page.tags == []


def test_plain_readings_make_a_short_report(tmp_path: Path) -> None:
    plain = LineReadings.of_texts(["가"], ["가"], groups={})
    report = build_line_report(LineFindings(plain), tmp_path, LineReportOptions(name="x"))
    titles = [section.title for section in report.sections]
    assert titles == ["In short", "What is mistaken for what", "How this was measured"]


def test_a_peer_has_to_read_the_same_lines() -> None:
    other = LineReadings.of_texts(["가"], ["가"], groups={})
    with pytest.raises(ValueError, match="PP-OCR read other lines"):
        replace(findings(), peers={"PP-OCR": other})


def test_errors_are_marked_in_plain_text() -> None:
    assert marked_text(align("각 나다", "간나다.")) == "[각→간][-␣]나다[+.]"
    assert marked_text(align("가[나]", "가[나]")) == "가[나]"


def test_a_page_escapes_its_texts() -> None:
    sample = LineSample(GREY, tuple(align("<b>&", "<i>&")), "a & b")
    page = Page()
    page.feed(samples_page([sample], title="1 < 2"))
    assert page.texts["h1"] == ["1 < 2"] and page.texts["small"] == ["a & b"]
    assert page.texts["del"] == ["b"] and page.texts["ins"] == ["i"]


def test_a_sheet_shows_lost_characters_red_and_invented_ones_blue() -> None:
    def tinted(steps: tuple[Step, ...]) -> tuple[bool, bool]:
        pixels = np.asarray(line_sheet([LineSample(GREY, steps)])).astype(int)
        red, blue = pixels[..., 0] - pixels[..., 2], pixels[..., 2] - pixels[..., 0]
        return bool((red > 80).any()), bool((blue > 80).any())

    assert tinted((Step("가", "가"),)) == (False, False)
    assert tinted((Step("가", "가"), Step(" ", ""))) == (True, False)  # even of a space there is a line
    assert tinted((Step("", "나"),)) == (False, True)


def test_a_sheet_is_as_wide_as_asked_and_grows_with_its_lines() -> None:
    wide = LineSample(np.zeros((200, 5000), np.uint8), (Step("가", "가"),))
    one, two = line_sheet([wide], width=500), line_sheet([wide, wide], width=500)
    assert one.width == two.width == 500 and one.height < two.height < 2 * one.height + 1
    assert line_sheet([]).height == 10
