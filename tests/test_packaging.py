"""What is declared agrees with what is there: packages, files that travel, dependencies and their pins."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import koocr

ROOT = Path(koocr.__file__).parent.parent

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="Python 3.10 reads no TOML by itself")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
ALL_REQUIREMENTS = [
    *PROJECT["project"]["dependencies"],
    *(line for extra in EXTRAS.values() for line in extra),
]


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock):
    """The pinned requirements of a lock file: name → the lines `version ; marker`."""
    found = {}
    for line in (ROOT / "requirements" / lock).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([^\s\\]+.*?)\s*\\?$", line):
            found.setdefault(plain(match[1]), []).append(match[2])
    return found


def test_every_package_is_installed():
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "koocr").rglob("__init__.py")
    }
    assert {*folders, "koocr.pretrained"} == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_file_in_a_package_travels():
    declared = PROJECT["tool"]["setuptools"]["package-data"].items()
    travelling = [
        path
        for package, patterns in declared
        for pattern in patterns
        for path in ROOT.glob(f"{folder(package)}/{pattern}")
    ]
    files = {
        path for path in (ROOT / "koocr").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    left_behind = [str(path.relative_to(ROOT)) for path in files - set(travelling)]
    assert not left_behind


def test_of_the_models_only_what_the_default_one_needs_travels():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["koocr.pretrained"]
    models = json.loads((ROOT / "pretrained" / "manifest.json").read_text(encoding="utf-8"))["models"]
    needed = {
        "character": {"onnx-int8", "keras"},
        "line": {"onnx-int8", "prior"},
        "detection": {"onnx-int8"},
    }  # Keras explains characters
    for model in models.values():
        for kind, file in model["files"].items():
            travels = any(Path(file["file"]).match(pattern) for pattern in patterns)
            assert travels == (model.get("default", False) and kind in needed[model["task"]]), file["file"]


def folder(package):
    return PROJECT["tool"]["setuptools"]["package-dir"].get(package) or package.replace(".", "/")


def test_the_license_files_are_there():
    assert all((ROOT / name).is_file() for name in PROJECT["project"]["license-files"])


@pytest.mark.parametrize("lock", ["core.txt", "dev.txt"])
def test_lock_files_pin_everything_by_hash_and_name_no_host(lock):
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-{1,2}(?!-hash=)[a-z]", text.replace("    --hash=", ""), re.MULTILINE)
    blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", text).strip())
    assert all(re.match(r"[\w.-]+==\S+", block) and "--hash=sha256:" in block for block in blocks)


def test_both_lock_files_agree():
    core, dev = pins("core.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in core} == core


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("core.txt", PROJECT["project"]["dependencies"]),
        ("dev.txt", [*EXTRAS["train"], *EXTRAS["data"], *EXTRAS["dev"]]),
        ("dev.txt", PROJECT["build-system"]["requires"]),
    ],
)
def test_every_dependency_is_pinned(lock, requirements):
    names = {plain(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}
    assert names <= set(pins(lock))


@pytest.mark.parametrize("requirement", ALL_REQUIREMENTS)
def test_every_dependency_is_bounded_from_both_sides(requirement):
    assert re.fullmatch(r"[\w.-]+>=[\d.]+,<[\d.]+(; .*)?", requirement)


def test_the_build_requirement_is_the_one_that_is_locked():
    assert (ROOT / "requirements" / "build.in").read_text().split() == PROJECT["build-system"]["requires"]


@pytest.mark.parametrize("variable", ["IMAGE", "LINE"])
@pytest.mark.parametrize("name", ["글 $HOME $$ $(x) 'y'.png", "100%.png"])
def test_make_demo_takes_any_file_name(tmp_path, variable, name):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "core.stamp").touch()
    command = ["make", "--silent", "demo", f"VENV={tmp_path}", f"{variable}={name}"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout
    assert name in said.splitlines()
