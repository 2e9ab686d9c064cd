"""What README and docs say can be done: commands are taken, options all named, the example prints that."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

import koocr
from koocr.cli import COMMANDS, TASKS
from koocr.cli.options import Parser

ROOT = Path(koocr.__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "pretrained" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOORS = {"train.py": "train", "evaluate.py": "evaluate", "load_data.py": "load", "crawl_data.py": "crawl"}
NAMES = [
    name
    for command in COMMANDS
    for name in (command, *(f"{command} {task}" for task in TASKS.get(command, ())))
]


def parser_of(name: str) -> Parser:
    parser = Parser(prog=f"koocr {name}")
    import_module(f"koocr.cli.{name.replace(' ', '_')}").add_arguments(parser)
    return parser


def commands() -> list[str]:
    """Every whole command of the pages: in blocks and in code spans, without those that end in "…"."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
        spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
        spans = [span for span in spans if not re.search(r" --\w+$", span)]  # an option is only named
        lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
        found += [line for line in [*lines, *spans] if re.match(r"(koocr [a-z]|python \w+\.py)", line)]
    return sorted({line for line in found if "…" not in line})


@pytest.mark.parametrize("command", commands())
def test_every_command_is_taken(command: str) -> None:
    words = shlex.split(command)
    name, *rest = words[1:] if words[0] == "koocr" else (DOORS[words[1]], *words[2:])
    if rest and rest[0] in TASKS.get(name, ()):
        name, *rest = f"{name} {rest[0]}", *rest[1:]
    assert name in NAMES
    if rest not in ([], ["lines"]):  # or the command is only named, `koocr compare lines` for instance
        parser_of(name).parse_args(rest)


def test_there_are_commands_to_try() -> None:
    found = commands()
    assert len(found) > 20 and any(command.startswith("python train.py --") for command in found)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_described(name: str) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert f"`koocr {name}" in text or f"\nkoocr {name} " in text
    options = [option for option in parser_of(name)._option_string_actions if option.startswith("--")]
    missing = [option for option in options if not re.search(rf"{option}(?![\w-])", text)]
    assert set(missing) <= {"--help"}


def test_the_examples_print_what_stands_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 3, "a page, a character and a line"
    monkeypatch.chdir(ROOT)
    for program, printed in examples:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(program, "README.md", "exec"), {})
        number = re.compile(r"\d\.\d+")
        assert number.sub("0", output.getvalue()) == number.sub("0", printed)
        found, stated = (list(map(float, number.findall(part))) for part in (output.getvalue(), printed))
        assert found == pytest.approx(stated, abs=0.005), "processors differ a little"
