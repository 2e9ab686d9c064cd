"""Label files and vocabularies: read as written, and every bad row named with its place."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from koocr.charset import Charset, normalise
from koocr.data.line_sets import (
    LabelFile,
    is_hangul_only,
    open_label_files,
    read_lines,
    read_vocabulary,
    write_vocabulary,
)
from koocr.errors import CharsetError, DataError
from koocr.hangul import nfd


def picture(path: Path, tone: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 9), tone, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two label files, one with Windows' line ends and a byte order mark, and files that are none."""
    for number in range(3):
        picture(tmp_path / "a" / "그림" / f"{number}.png", 10 * number)
    rows = ["그림/0.png\t가  나", "", f"그림/1.png\t{nfd('한글')}\t끝", "그림/2.png\t 다 "]
    (tmp_path / "a" / "gt.txt").write_bytes("\ufeff".encode() + "\r\n".join(rows).encode())
    picture(tmp_path / "b.png", 99)
    (tmp_path / "z.tsv").write_text(f"{tmp_path}/b.png\t라\n", encoding="utf-8")
    (tmp_path / "readme.txt").write_text("nothing with a tab in its first row\n\tbut here\n")
    (tmp_path / "empty.tsv").write_text("")
    return tmp_path


def test_a_label_file_gives_texts_at_once_and_pictures_when_asked(folder: Path) -> None:
    lines = LabelFile.open(folder / "a" / "gt.txt")
    assert [lines.text(number) for number in range(len(lines))] == ["가 나", "한글 끝", "다"]
    assert [int(line.image[0, 0]) for line in read_lines(lines)] == [0, 10, 20]
    line = lines.line(2)
    assert line.image.shape == (4, 9)
    assert Path(line.name) == folder / "a" / "그림" / "2.png"


def test_a_folder_gives_all_its_label_files_in_order(folder: Path) -> None:
    found = open_label_files(folder)
    assert [file.path.name for file in found] == ["gt.txt", "z.tsv"]
    assert [line.text for file in found for line in read_lines(file)] == ["가 나", "한글 끝", "다", "라"]
    assert [file.path.name for file in open_label_files(folder / "z.tsv")] == ["z.tsv"]


def test_lines_are_read_in_the_order_asked_for(folder: Path) -> None:
    lines = LabelFile.open(folder / "a" / "gt.txt")
    assert [line.text for line in read_lines(lines, [2, 0])] == ["다", "가 나"]


def test_a_bad_picture_names_its_row_and_need_not_stop_the_others(folder: Path) -> None:
    (folder / "a" / "그림" / "1.png").write_bytes(b"no picture")
    lines = LabelFile.open(folder / "a" / "gt.txt")
    with pytest.raises(DataError, match=r"gt\.txt:3: .*1\.png"):
        list(read_lines(lines))
    problems: list[DataError] = []
    assert [line.text for line in read_lines(lines, on_problem=problems.append)] == ["가 나", "다"]
    assert [problem.line for problem in problems] == [3]


@pytest.mark.parametrize("row", ["a.png 가", "\t가", "a.png\t", "a.png\t \u200b"])
def test_a_row_without_path_tab_and_text_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "gt.txt").write_text(f"b.png\t가\n{row}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"gt\.txt:2: the row .* is not a path, a tab and a text"):
        LabelFile.open(tmp_path / "gt.txt")


def test_what_is_no_label_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no label file"):
        open_label_files(tmp_path)
    with pytest.raises(DataError, match="can't be read"):
        open_label_files(tmp_path / "missing.txt")
    (tmp_path / "cp949.txt").write_bytes("a.png\t가".encode("cp949"))
    with pytest.raises(DataError, match="UTF-8"):
        open_label_files(tmp_path / "cp949.txt")


def test_hangul_only() -> None:
    assert all(map(is_hangul_only, ["가", "가 나ㅋㅋ", "ㅏ"]))
    assert not any(map(is_hangul_only, ["", " ", "가1", "가.", "A", "漢"]))


@settings(max_examples=20)
@given(st.lists(st.text("가나 \tA#ㄱ‘①", max_size=6)))
def test_a_vocabulary_comes_back_and_covers_its_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("words") / "vocabulary.tsv"
    counts = write_vocabulary(path, texts)
    assert read_vocabulary(path) == counts
    assert list(read_vocabulary(path)) == sorted(counts)
    charset = Charset(tuple(counts))
    assert charset == Charset.of(texts)
    assert sum(counts.values()) == sum(len(normalise(text)) for text in texts)


def test_a_plain_list_of_symbols_is_a_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_bytes("가\r\n나\n \n".encode())
    assert read_vocabulary(path) == {"가": 0, "나": 0, " ": 0}
    for wrong in ("가나\n", "가\n가\n", "가\tviele\n", "\t3\n"):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(CharsetError, match=r"plain\.txt:\d: "):
            read_vocabulary(path)
