"""`koocr crawl` and the door `crawl_data.py`, with the ancestor's flags."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import koocr
from koocr.cli import main
from koocr.data.crawl.aihub import CHARACTER
from koocr.data.crawl.fetch import Fetched
from koocr.data.faces import load_coverage
from koocr.data.patches import list_patches, read_patch, write_patch
from tests.data.made_faces import make_face

ROOT = Path(koocr.__file__).parents[1]
TEXT = "가각갂간힣"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a folder of two faces in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("hand", "print"):
        make_face(tmp_path / "faces" / f"{name}.ttf", TEXT, family=name)
    (tmp_path / "faces" / "faces.csv").write_text(
        "id,klass,split,file,licence\nhand,handwriting,train,hand.ttf,OFL\nprint,serif,val,print.ttf,OFL\n"
    )
    return tmp_path


def test_the_ancestors_command_draws_a_local_folder(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "crawl_data.py"), "--clova=true", "--image_size=96", "--x_offset=8",
               "--y_offset=8", "--char_size=80", "--font_path=faces"]  # fmt: skip
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "2 faces, 10 pictures" in run.stdout
    patch = read_patch(folder / "data" / "clova_hand_0.pickle")
    assert "".join(patch.labels) == TEXT
    assert patch.images.shape == (5, 96, 96)
    assert [path.name for path in list_patches(folder / "val_data")] == ["printed_print_0.pickle"]


def test_options_reach_the_drawing(folder: Path) -> None:
    options = ["--font_path=faces", "--image_size=64", "--charset=ks1001", "--npz", "--klasses=serif"]
    assert main(["crawl", "--clova", *options, "--val_path=elsewhere", "--pickle_size=2"]) == 0
    assert [path.name for path in list_patches(folder / "elsewhere")] == [
        "printed_print_0.npz",
        "printed_print_1.npz",
    ]
    assert read_patch(folder / "elsewhere" / "printed_print_0.npz").images.shape == (2, 64, 64)
    assert not (folder / "data").exists()


def test_patches_go_where_they_are_told_and_are_drawn_once(folder: Path) -> None:
    csv = folder / "faces" / "faces.csv"
    make_face(folder / "faces" / "last.ttf", TEXT, family="last")
    csv.write_text(csv.read_text() + "last,serif,test,last.ttf,OFL\n")
    places = ["--pickle_path=a", "--val_path=b", "--test_path=c", "--splits=train,val,test"]
    command = ["crawl", "--clova", "--font_path=faces", "--image_size=64", *places]
    assert main(command) == 0
    names = ["a/clova_hand_0.pickle", "b/printed_print_0.pickle", "c/printed_last_0.pickle"]
    assert sorted(str(path.as_posix()) for one in "abc" for path in Path(one).iterdir()) == names
    write_patch(names[0], np.zeros((1, 64, 64), np.uint8), ["가"])
    assert main(command) == 0
    assert len(read_patch(names[0]).labels) == 1, "what is there stays"
    assert main([*command, "--overwrite"]) == 0
    assert len(read_patch(names[0]).labels) == 5


def test_a_bad_face_is_told_and_the_exit_code_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "faces" / "hand.ttf").write_bytes(b"damaged")
    assert main(["crawl", "--clova=true", "--font_path=faces"]) == 5
    out, err = capsys.readouterr()
    assert "hand.ttf" in err and "not a font" in err
    assert "1 face, 5 pictures" in out
    assert (folder / "val_data" / "printed_print_0.pickle").exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "say what to make"),
        (["--clova=true", "--font_path=absent"], 5, "no such folder"),
        (["--clova=true", "--font_path=faces", "--splits=dev"], 2, "--splits has dev"),
        (["--clova=true", "--font_path=faces", "--faces=other"], 2, "--faces names other"),
        (["--clova=true", "--font_path=faces", "--klasses=display"], 2, "none of the 2 faces"),
        (["--clova=true", "--font_path=faces", "--image_size=7"], 2, "image_size is 7"),
        (["--clova=true", "--font_path=faces", "--charset=utf8"], 2, "all, ks1001"),
        (["--clova=true", "--font_path=faces", "--val_ratio=2"], 2, "val_ratio"),
        (["--clova=maybe"], 2, "takes true or false"),
        (["--AIHub=true"], 5, "AIhub: neither"),
        (["--clova=true", "--channels=ftp"], 2, "deb, npm, github"),
    ],
)
def test_bad_options_are_one_sentence(
    folder: Path, options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crawl", *options]) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1 and "Traceback" not in err
    assert not (folder / "data").exists()


def test_an_image_test_is_a_sheet_to_look_at(folder: Path) -> None:
    assert main(["crawl", "--image_test=true", "--font_path=faces"]) == 0
    sheet = np.asarray(Image.open(folder / "logs" / "image_test.png"))
    assert sheet.shape == (2 * 96, 12 * 96)
    assert sheet[:96, :96].min() == 0 and sheet[:96, 200:280].min() == 255


def test_fetching_only_writes_what_the_faces_draw(folder: Path) -> None:
    assert main(["crawl", "--fetch_only=true", "--font_path=faces"]) == 0
    coverage = load_coverage(folder / "faces")
    assert set(coverage) == {"hand", "print"}
    assert coverage["hand"].tolist() == sorted(ord(char) - 0xAC00 for char in TEXT)
    assert not (folder / "data").exists()


def test_without_a_folder_the_faces_are_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def fetch(publications, target, *, tell):  # type: ignore[no-untyped-def]
        for item in publications:
            asked.append(item.face.id)
            missing = item.face.id == "nanum-pen"
            if not missing:
                make_face(target / item.face.file, TEXT)
            tell(Fetched(item.face.id, is_new=True, problem="are you offline?" if missing else ""))
        (target / "faces.csv").write_text(
            "id,klass,split,file,licence\ngamja-flower,handwriting,test,gamja-flower.ttf,OFL\n"
        )
        return [Fetched("nanum-pen", problem="are you offline?")]

    monkeypatch.setattr("koocr.data.crawl.fetch.fetch_faces", fetch)
    assert main(["crawl", "--clova", "--splits=test", "--faces=gamja-flower,nanum-pen"]) == 6
    assert sorted(asked) == ["gamja-flower", "nanum-pen"]
    assert [path.name for path in list_patches(folder / "test_data")] == ["clova_gamja-flower_0.pickle"]
    assert "nanum-pen: are you offline?" in capsys.readouterr().err


def test_aihub_is_converted_and_its_bad_records_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder / "set"
    (root / "syllable").mkdir(parents=True)
    Image.new("L", (40, 40), 255).save(root / "syllable" / "1.png")
    annotations = [
        {"image_id": name, "text": "가", "attributes": {"type": CHARACTER}} for name in ("1", "absent")
    ]
    (root / "printed_label.json").write_text(json.dumps({"annotations": annotations}))
    assert main(["crawl", "--AIHub=true", "--AIHub_path=set", "--val_ratio=0", "--image_size=64"]) == 5
    out, err = capsys.readouterr()
    assert "printed, train: 1 pictures" in out
    assert "1 record could not be used; see data/aihub_problems.csv" in err
    assert read_patch(folder / "data" / "printed_0.pickle").images.shape == (1, 64, 64)
