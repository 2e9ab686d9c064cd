"""What each choice is worth: the same small budget and seed for every variant, one table.

    python benchmarks/ablation.py --fonts FONTS --handwriting HANDWRITING --words WORDS --steps 700

Each variant is a `koocr train` command; finished ones are not run again, so the script can be stopped and
started. Figures are those of the validation faces and hands, in %, with the average weights of the last step.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

BASE = {"network": "small", "fc_link": "GWAP", "joint": "true", "optimizer": "muon", "learning_rate": "0.003"}
VARIANTS: dict[str, dict[str, str]] = {
    "as shipped: joint head, GWAP, Muon": {},
    "independent heads": {"joint": "false"},
    "GAP": {"fc_link": "GAP"},
    "GWOAP": {"fc_link": "GWOAP"},
    "flattened map": {"fc_link": ""},
    "without real hands": {"real_share": "0"},
    "without stroke warp": {"stroke_warp": "false"},
    "without the CLOVA hands": {"leave_out": "clova-"},
    "without any augmentation": {"data_augmentation": "false"},
    "AdamW": {"optimizer": "adamw"},
}
GROUPS = ("val_clean", "val_degraded", "val_hands")


def main() -> None:
    """Runs what is missing and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("fonts", "handwriting", "words"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--glyph_store", default="./data/glyphs")
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--logs", type=Path, default=Path("./logs/ablation"))
    args = parser.parse_args()
    rows = {name: _figures(name, changes, args) for name, changes in VARIANTS.items()}
    reference = next(iter(rows.values()))
    print(f"| {args.steps} steps of 128 images | clean faces | degraded faces | real hand |")
    print("|---|---|---|---|")
    for name, row in rows.items():
        cells = [
            f"{row[group]:.1f}" + _difference(row[group], reference[group], row is reference)
            for group in GROUPS
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def _figures(name: str, changes: dict[str, str], args: argparse.Namespace) -> dict[str, float]:
    logs = args.logs / f"{args.steps}-{'-'.join(name.replace(':', '').replace(',', '').split())}"
    if not (logs / "done").exists():
        options = {
            **BASE,
            **changes,
            "fonts": args.fonts,
            "handwriting": args.handwriting,
            "words": args.words,
            "glyph_store": args.glyph_store,
            "steps_per_epoch": str(args.steps),
            "precision": "mixed_bfloat16",
            "threads": args.threads,
            "silent_mode": "true",
            "logs": str(logs),
        }
        command = [
            sys.executable,
            "-m",
            "koocr",
            "train",
            *(f"--{key}={value}" for key, value in options.items()),
        ]
        subprocess.run(command, check=True)
        (logs / "done").touch()
    with open(logs / "log.csv", encoding="utf-8", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return {key: float(value) for key, value in last.items()}


def _difference(value: float, reference: float, is_reference: bool) -> str:
    return "" if is_reference else f" ({value - reference:+.1f})"


if __name__ == "__main__":
    main()
