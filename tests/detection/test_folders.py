import numpy as np
import pytest
from PIL import Image

from koocr.detection.folders import PageFolder, read_labels
from koocr.errors import DataError


def write(folder, name="page.png", text="10,10,50,10,50,20,10,20,가나\n", *, label="page.txt"):
    for part in ("images", "labels"):
        (folder / part).mkdir(exist_ok=True)
    Image.fromarray(np.full((40, 60), 200, np.uint8)).save(folder / "images" / name)
    (folder / "labels" / label).write_text(text, encoding="utf-8")


def test_pages_and_their_units(tmp_path):
    write(
        tmp_path, text="\ufeff10,10,50,10,50,20,10,20,1,234원, 정\n\n1,1,5,1,5,5,1,5,###\n1.5,1,5,1,5,5,1,5\n"
    )
    write(tmp_path, "another.jpg", label="gt_another.txt", text="")
    (tmp_path / "images" / "notes.md").write_text("")
    folder = PageFolder(tmp_path)
    assert len(folder) == 2
    assert folder.page(0).units == () and folder.page(0).name == "another.jpg"
    page = folder.page(1)
    assert page.image.shape == (40, 60)
    assert [unit.text for unit in page.units] == ["1,234원, 정", "###", ""]
    assert [unit.is_ignored for unit in page.units] == [False, True, False]
    assert page.units[0].quad.tolist() == [[10, 10], [50, 10], [50, 20], [10, 20]]


def test_texts_are_composed(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("0,0,9,0,9,9,0,9,\u1100\u1161\n", encoding="utf-8")
    assert read_labels(path)[0].text == "가"


def test_upside_down_text_keeps_its_corners_and_mirrored_ones_are_put_right(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text(
        "50,20,10,20,10,10,50,10,거꾸로\n10,20,50,20,50,10,10,10,뒤\n10,10,50,20,50,10,10,20,엇\n"
    )
    quads = [unit.quad.tolist() for unit in read_labels(path)]
    upright = [[10, 10], [50, 10], [50, 20], [10, 20]]
    assert quads == [[[50, 20], [10, 20], [10, 10], [50, 10]], upright, upright]


@pytest.mark.parametrize(
    "line, message",
    [
        ("10,10,50,10,50,20,10", "it begins with"),
        ("a,10,50,10,50,20,10,20,가", "it begins with 'a,10"),
        ("10,10,10,10,10,10,10,10,가", "enclose nothing"),
        ("nan,10,50,10,50,20,10,20,가", "enclose nothing"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    write(tmp_path, text=f"1,1,5,1,5,5,1,5,x\n{line}\n")
    with pytest.raises(DataError, match=message) as caught:
        PageFolder(tmp_path)
    assert caught.value.line == 2
    assert caught.value.file == str(tmp_path / "labels" / "page.txt")


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(DataError, match="pictures belong there"):
        PageFolder(tmp_path)
    write(tmp_path)
    (tmp_path / "labels" / "page.txt").unlink()
    with pytest.raises(DataError, match=r"there are no labels page\.txt"):
        PageFolder(tmp_path)
    (tmp_path / "images" / "page.png").unlink()
    with pytest.raises(DataError, match="it holds no picture"):
        PageFolder(tmp_path)


def test_files_that_are_damaged(tmp_path):
    write(tmp_path)
    (tmp_path / "labels" / "page.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="save it as UTF-8"):
        PageFolder(tmp_path)
    write(tmp_path)
    (tmp_path / "images" / "page.png").write_bytes(b"no picture")
    folder = PageFolder(tmp_path)
    with pytest.raises(DataError, match="not an image"):
        folder.page(0)
