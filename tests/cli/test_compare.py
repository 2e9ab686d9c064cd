"""`koocr compare lines`, with a stand-in for the training: names, options, report, errors in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.charset import Charset
from koocr.cli import main
from koocr.data.synthesis.lines import LineBatch

pytest.importorskip("matplotlib", reason="comparing needs the train extra")
pytest.importorskip("keras", reason="comparing needs the train extra")

WHITE = np.full((20, 40), 255, np.uint8)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asks for, once it has run."""
    from koocr.line.comparison import Result
    from koocr.line.comparison_data import ComparisonData

    found: dict[str, Any] = {}

    def condition_data(fonts: Path, text: Path, settings: Any) -> ComparisonData:
        lines = LineBatch(
            [WHITE], ("가",), (np.zeros((1, 2), np.float32),), ("words",), ("a",), np.zeros(1, bool)
        )
        found.update(fonts=fonts, text=text, lines=settings)
        return ComparisonData(lambda index: lines, {"basic": lines}, Charset(("가",)), 1, 1, "Words.")

    def compare(
        names: Sequence[str],
        data: ComparisonData,
        settings: Any,
        *,
        folder: Path,
        start: Any,
        on_result: Callable[[Sequence[Result]], None],
        is_silent: bool,
    ) -> list[Result]:
        found.update(names=names, settings=settings, start=start, is_silent=is_silent)
        kept = [name for name in names if name != "None-ResNet-None-Attn"]  # whose training fails
        results = [
            Result(name, 10**6, 5, 5, 1.0, 0.5, {"basic": 0.5}, {"basic": 0.1}, 3.0, {"basic": ["가"]})
            for name in kept
        ]
        on_result(results)
        return results

    monkeypatch.setattr("koocr.line.comparison_data.condition_data", condition_data)
    monkeypatch.setattr("koocr.line.comparison.compare", compare)
    monkeypatch.setattr("koocr.training.threads.limit_threads", lambda count: None)
    monkeypatch.chdir(tmp_path)
    return found


def test_options_reach_the_comparison_and_the_report_is_written(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    options = (
        "--fonts=F --text=T --steps=7 --conditions=basic --words=2 --symbols=0 --channels=64 --silent_mode"
    )
    chosen = "--recognisers=TPS-VGG-BiLSTM-Attn,own"
    assert main(["compare", "lines", chosen, *options.split(), "--out=there"]) == 0
    assert asked["names"] == [
        "TPS-VGG-BiLSTM-Attn",
        "koocr-jamo",
        "koocr-plain",
        "koocr-jamo-sequence",
        "koocr-jamo-guided",
    ]
    assert (asked["settings"].budget.steps, asked["settings"].sizes.channels) == (7, 64)
    lines = asked["lines"]
    assert (lines.conditions, lines.num_words, lines.num_symbols, lines.split) == (("basic",), 2, 0, "val")
    assert asked["is_silent"] and (asked["fonts"], asked["text"]) == (Path("F"), Path("T"))
    out = capsys.readouterr().out
    assert "88.24 %" in out and str(Path("there", "report.html")) in out
    data = json.loads(Path("there", "report.json").read_text(encoding="utf-8"))
    assert data["command"] == f"koocr compare lines {chosen} " + (
        "--fonts=F --text=T --conditions=basic --symbols=0 --words=2 --steps=7 --channels=64"
    )
    assert {path.name for path in Path("there").iterdir()} >= {"report.md", "time.png", "parameters.png"}


def test_koocrs_own_begin_with_a_trunk_that_is_named(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["compare", "--recognisers=own", "--fonts=F", "--text=T", "--steps=7"]
    assert main([*options, "--character_weights=small"]) == 0
    assert asked["settings"].trunk == "small" and len(asked["start"]) > 50
    assert main(options) == 0
    assert asked["settings"].trunk == "" and asked["start"] is None
    capsys.readouterr()
    assert main([*options, "--character_weights=smal"]) == 3
    assert "did you mean 'small'" in capsys.readouterr().err


def test_the_family_is_the_default_and_a_failed_one_shows_in_the_exit_code(asked: dict[str, Any]) -> None:
    assert main(["compare", "lines", "--fonts=F", "--text=T", "--minutes=2"]) == 7
    assert len(asked["names"]) == 24 and asked["settings"].budget.minutes == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--steps=5", "--recognisers=TPS-VGG-BiLSTM-Atn"], "did you mean 'TPS-VGG-BiLSTM-Attn'"),
        (["--steps=5", "--recognisers=,"], "no recogniser"),
        ([], "one of the two"),
        (["--steps=5", "--minutes=1"], "one of the two"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    options: list[str], words: str, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "lines", "--fonts=F", "--text=T", *options]) == 2
    (error,) = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("koocr: ") and words in error
