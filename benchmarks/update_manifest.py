"""Brings pretrained/manifest.json up to date with the files there: `python benchmarks/update_manifest.py`.

Sizes and SHA-256 are taken from the files; names, summaries, licences and scores are written by hand, the
scores from the evaluation report that the model's card names.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "pretrained"


def main() -> None:
    """Rewrites the manifest; a file that is missing is an error."""
    path = HERE / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for model in manifest["models"].values():
        for file in model["files"].values():
            content = (HERE / file["file"]).read_bytes()
            file["sha256"] = hashlib.sha256(content).hexdigest()
            file["bytes"] = len(content)
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
