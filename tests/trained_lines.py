"""A tiny line network that knows a few symbols, for tests of all that reads lines; and lines drawn for it.

Its weights lie in tests/data: to learn them takes a minute. After a change of the network, make them again:
`python -m tests.trained_lines`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.fonts import korean_face
from koocr.line.metadata import LineMetadata
from koocr.line.settings import LineSettings

if TYPE_CHECKING:
    import keras

    from koocr.data.synthesis.lines import LineBatch

SYMBOLS = "가를볶쭈A7. "
SETTINGS = LineSettings(height=32, width=0.25, neck_layers=1, neck_units=32, neck_heads=2, rank=4)
METADATA = LineMetadata(SETTINGS)
WEIGHTS = Path(__file__).parent / "data" / "tiny_line.h5"
NUM_STEPS = 900


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(korean_face()), size_px, layout_engine=ImageFont.Layout.BASIC)


def draw_line(
    text: str, *, size_px: int = 32, margin: int = 6, ink: int = 20, ground: int = 235
) -> np.ndarray:
    """(H, W) uint8 picture of a text in the face that comes with koocr."""
    font = _font(size_px)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2 * margin, size_px + 2 * margin), ground)
    place = margin - left, margin - (top + bottom - size_px) // 2
    ImageDraw.Draw(image).text(place, text, fill=ink, font=font)
    return np.asarray(image)


def random_text(rng: np.random.Generator, length: int) -> str:
    """Symbols at random, no spaces at the ends or beside each other."""
    symbols = [SYMBOLS[number] for number in rng.integers(0, len(SYMBOLS), length)]
    return " ".join("".join(symbols).split()) or SYMBOLS[0]


def batch_of(texts: list[str], **how: int) -> LineBatch:
    """Lines as the synthesis gives them."""
    from koocr.data.synthesis.lines import LineBatch

    return LineBatch(
        images=[draw_line(text, **how) for text in texts],
        texts=tuple(texts),
        spans=tuple(np.zeros((len(text), 2), np.float32) for text in texts),
        kinds=("syllables",) * len(texts),
        sources=("label",) * len(texts),
        is_handwritten=np.zeros(len(texts), bool),
    )


def random_batch(number: int, size: int = 16) -> LineBatch:
    """Batch `number` of lines of up to nine symbols, drawn in slightly different sizes."""
    rng = np.random.default_rng([7, number])
    how = {"size_px": int(rng.integers(24, 48)), "margin": int(rng.integers(0, 12))}
    return batch_of([random_text(rng, int(rng.integers(1, 10))) for _ in range(size)], **how)


def trained_network() -> keras.Model:
    """A network that reads lines of `SYMBOLS`."""
    from koocr.line.network import build_network
    from koocr.training.weights_file import load_weights

    model = build_network(SETTINGS)
    load_weights(WEIGHTS, model)
    return model


def main() -> None:
    """Trains the network and writes its weights."""
    from koocr.line.recognisers import OwnRecogniser
    from koocr.line.training import LineData, LineTrainingSettings, train_line_network
    from koocr.training.loop import LoopSettings
    from koocr.training.weights_file import save_weights

    loop = LoopSettings(num_steps=NUM_STEPS, steps_per_epoch=NUM_STEPS, average_decay=0.9, is_silent=True)
    training = LineTrainingSettings(loop=loop, learning_rate=0.01, optimizer="adam", seed=1)
    with TemporaryDirectory() as name:
        model = train_line_network(
            lambda: OwnRecogniser(SETTINGS), training, LineData(random_batch), folder=Path(name)
        )
    save_weights(WEIGHTS, model, METADATA.to_dict(), half=True)


if __name__ == "__main__":
    main()
