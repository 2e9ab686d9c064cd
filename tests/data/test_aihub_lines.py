"""AI Hub's handwriting set read from ZIPs: boxes become lines, Korean names match, bad records are told."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from koocr.data.aihub_lines import AIHubLines
from koocr.data.line_sets import write_vocabulary
from koocr.data.zip_members import members_of
from koocr.errors import DataError
from koocr.hangul import nfd


def page() -> NDArray[np.uint8]:
    """A picture each of whose pixels is different, so that a crop can be told."""
    return np.arange(20 * 12, dtype=np.uint8).reshape(12, 20)


def png(image: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def box(text: str, x: Sequence[Any] = (2, 2, 9, 9), y: Sequence[Any] = (1, 5, 1, 5)) -> dict[str, Any]:
    return {"data": text, "id": 1, "x": list(x), "y": list(y)}


def labels(*boxes: Any) -> bytes:
    return json.dumps({"Dataset": {}, "Images": {}, "bbox": list(boxes)}, ensure_ascii=False).encode()


def write(path: Path, members: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Labels and pictures in ZIPs of their own, names composed in one and decomposed in the other."""
    write(
        tmp_path / "Training" / "라벨.zip",
        {
            "손글씨/가_0002.json": labels(box("둘", (9.4, 2, 9.4, 2)), box("Two 2")),
            "손글씨/가_0001.json": labels(box("하나")),
        },
    )
    pictures = {nfd(f"손글씨/가_000{number}.png"): png(page() + number) for number in (1, 2)}
    write(tmp_path / "Training" / "원천.zip", {**pictures, "손글씨/readme.txt": b"text"})
    return tmp_path


def test_each_box_is_a_line_in_the_order_of_the_names(folder: Path) -> None:
    lines = list(AIHubLines(folder).lines())
    assert [line.text for line in lines] == ["하나", "둘", "Two 2"]
    np.testing.assert_array_equal(lines[0].image, (page() + 1)[1:5, 2:9])
    np.testing.assert_array_equal(lines[1].image, (page() + 2)[1:5, 2:10])  # corners in another order
    assert lines[0].name.endswith("원천.zip!손글씨/가_0001.png#0")


def test_hangul_only_leaves_other_lines_out_and_texts_need_no_picture(folder: Path) -> None:
    (folder / "Training" / "원천.zip").unlink()
    found = AIHubLines(folder, hangul_only=True)
    assert list(found.texts()) == ["하나", "둘"]
    assert found.num_label_files == 2
    counts = write_vocabulary(folder / "vocabulary.tsv", AIHubLines(folder).texts())
    assert list(counts) == sorted({*"하나둘Two 2"})


def test_single_zips_can_be_named(folder: Path) -> None:
    zips = sorted((folder / "Training").iterdir())
    assert len(list(AIHubLines(zips).lines())) == 3
    assert list(AIHubLines(str(zips[0])).texts()) == ["하나", "둘", "Two 2"]


def test_names_in_cp949_are_understood(tmp_path: Path) -> None:
    raw = "손글씨".encode("cp949")
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xxxxxx.json", labels(box("가")))
        archive.writestr("xxxxxx.png", png(page()))
    path.write_bytes(path.read_bytes().replace(b"xxxxxx", raw))
    assert [str(member.name) for member in members_of(path)] == ["손글씨.json", "손글씨.png"]
    assert [line.text for line in AIHubLines(path).lines()] == ["가"]


def test_of_several_pictures_the_one_of_the_same_folder_is_taken(folder: Path) -> None:
    write(folder / "Validation" / "원천.zip", {"가_0001.png": png(page() + 100)})
    first = next(iter(AIHubLines(folder).lines()))
    np.testing.assert_array_equal(first.image, (page() + 1)[1:5, 2:9])
    write(folder / "Training" / "원천2.zip", {"손글씨/가_0001.png": png(page())})
    with pytest.raises(DataError, match="could both be its picture"):
        list(AIHubLines(folder).lines())


def bad_boxes() -> dict[str, Any]:
    return {
        "no data": {"x": [1, 1, 2, 2], "y": [1, 2, 1, 2]},
        "three corners": box("가", (1, 2, 3)),
        "no numbers": box("가", ("a", 1, 2, 3)),
        "infinite": box("가", (float("inf"), 1, 2, 3)),
        "number as text": {**box(""), "data": 7},
        "outside": box("가", (50, 50, 60, 60)),
        "no area": box("가", (3, 3, 3, 3)),
        "no box": None,
    }


@pytest.mark.parametrize("wrong", bad_boxes().values(), ids=bad_boxes())
def test_a_bad_box_is_told_and_the_others_go_on(tmp_path: Path, wrong: Any) -> None:
    write(tmp_path / "all.zip", {"p.json": labels(wrong, box("나"), box(" ")), "p.png": png(page())})
    problems: list[DataError] = []
    assert [line.text for line in AIHubLines(tmp_path).lines(on_problem=problems.append)] == ["나"]
    assert len(problems) == 1 and "p.json" in str(problems[0])
    with pytest.raises(DataError, match=r"p\.json"):
        list(AIHubLines(tmp_path).lines())


def test_a_box_over_the_edge_is_cut_there(tmp_path: Path) -> None:
    over = box("가", (-5, 30, -5, 30), (-1, -1, 99, 99))
    write(tmp_path / "all.zip", {"p.json": labels(over), "p.png": png(page())})
    (line,) = AIHubLines(tmp_path).lines()
    np.testing.assert_array_equal(line.image, page())


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("b.json", b"{", "damaged"),
        ("b.json", b"[]", "damaged"),
        ("b.json", b'{"bbox": 3}', "not a list"),
        ("b.json", labels(box("가")), "no ZIP holds a picture named b"),
        ("a.png", b"no picture", "not an image"),
    ],
)
def test_a_bad_file_is_told_and_the_others_go_on(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    members = {"a.json": labels(box("가")), "a.png": png(page()), "c.json": labels(box("다"))}
    write(tmp_path / "all.zip", {**members, "c.png": png(page()), name: data})
    problems: list[DataError] = []
    texts = [line.text for line in AIHubLines(tmp_path).lines(on_problem=problems.append)]
    assert "다" in texts and len(problems) == 1 and message in str(problems[0])


def test_damaged_bytes_in_a_zip_are_told(tmp_path: Path) -> None:
    data = labels(box("가" * 50))
    write(tmp_path / "all.zip", {"p.json": data, "p.png": png(page())})
    content = (tmp_path / "all.zip").read_bytes()
    (tmp_path / "all.zip").write_bytes(content.replace("가가".encode(), "나나".encode(), 1))
    with pytest.raises(DataError, match="can't be read from its ZIP"):
        list(AIHubLines(tmp_path).texts())


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no ZIP is in this folder"):
        AIHubLines(tmp_path)
    with pytest.raises(DataError, match="can't be opened"):
        AIHubLines(tmp_path / "missing.zip")
    write(tmp_path / "pictures.zip", {"a.png": png(page())})
    with pytest.raises(DataError, match="holds a label file"):
        AIHubLines(tmp_path)
    (tmp_path / "torn.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"torn\.zip: the ZIP can't be opened"):
        AIHubLines(tmp_path)
