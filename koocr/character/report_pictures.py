"""Pictures of a report that need the network or the training's augmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from koocr.character.decode import scores_of
from koocr.character.findings import Findings
from koocr.character.symbols import symbol
from koocr.errors import WeightsError
from koocr.evaluation.sheets import BLACK, GREY, Tile, contact_sheet
from koocr.image import GreyImage
from koocr.ink import fit_glyph

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR

__all__ = ["activation_sheet", "augmentation_sheet"]


def activation_sheet(reader: KoOCR, findings: Findings, *, num: int = 10) -> Image.Image:
    """Grad-CAM of some answers: half of them examples, half the most confident mistakes.

    Args:
        reader: whose Keras network is asked.
        findings: where the images are from.
        num: how many images.

    Raises:
        MissingDependencyError: Keras is not installed.
        WeightsError: there are no Keras weights of this network.
    """
    from koocr.character.explain import explain_images, explanation_sheet

    chosen = _choose(findings, num)
    size = reader.settings.image_size
    fitted = [(fit_glyph(image, size), caption) for image, caption in chosen]
    inked = [(glyph, caption) for glyph, caption in fitted if glyph is not None]
    glyphs = np.stack([glyph for glyph, _ in inked])
    answers = reader.candidates([255 - glyph for glyph in glyphs], 1)
    texts = [answer.text or "가" for answer in answers]
    _check_same_network(reader, glyphs, texts)
    explanations = explain_images(reader.model, glyphs, texts, settings=reader.settings)
    return explanation_sheet(explanations, captions=[caption for _, caption in inked])


def _check_same_network(reader: KoOCR, glyphs: NDArray[np.uint8], texts: list[str]) -> None:
    """A picture of another network than the one that answered would mislead: most answers must be the same.

    Not all, since the answers may come from an int8 network and the picture from the one that it was made of.
    """
    batch = (glyphs.astype(np.float32) / 255)[..., None]
    outputs = {name: np.asarray(value) for name, value in reader.model.predict_on_batch(batch).items()}
    ids, _ = scores_of(outputs, charset=reader.settings.charset).top(1)
    if np.mean([symbol(index) == text for index, text in zip(ids[:, 0].tolist(), texts, strict=True)]) < 0.5:
        raise WeightsError("the Keras weights of this network are not here; give its .h5 file as --weights")


def _choose(findings: Findings, num: int) -> list[tuple[GreyImage, str]]:
    """Images with a caption that says what they show."""
    mistakes = [m.tile for m in sorted(findings.mistakes, key=lambda m: -m.confidence)]
    wrong = [(tile.image, f"shows {tile.caption[0][0][0]}") for tile in mistakes[: num // 2]]
    every = [
        (image, f"shows {label}")
        for of_test in findings.examples.values()
        for samples in of_test
        for image, label in zip(samples.images, samples.labels, strict=True)
    ]
    chosen = np.linspace(0, len(every) - 1, min(len(every), num - len(wrong))).astype(int).tolist()
    return [every[number] for number in chosen] + wrong


def augmentation_sheet(findings: Findings, *, num: int = 8, variants: int = 7, seed: int = 0) -> Image.Image:
    """What training makes of a glyph: each row one glyph, as it is and then as training would show it.

    Args:
        findings: where the glyphs are from.
        num: how many rows.
        variants: how many changed images in each.
        seed: of the changes.
    """
    from koocr.data.glyphs import GLYPH_SIZE, fit_ink
    from koocr.data.synthesis import AugmentationSettings
    from koocr.data.synthesis.stream import augment

    chosen = [(fit_glyph(image, GLYPH_SIZE), caption) for image, caption in _choose(findings, num)]
    stored = [(fit_ink(glyph), caption[-1]) for glyph, caption in chosen if glyph is not None]
    plain = np.stack([glyph for glyph, _ in stored if glyph is not None])
    rng = np.random.default_rng(seed)
    changed = [augment(plain, rng, AugmentationSettings()) for _ in range(variants)]
    tiles: list[Tile] = []
    for row, (glyph, label) in enumerate((glyph, label) for glyph, label in stored if glyph is not None):
        tiles.append(Tile(255 - glyph, ((label, BLACK), ("as drawn", GREY))))
        tiles += [Tile(255 - images[row]) for images in changed]
    return contact_sheet(tiles, columns=1 + variants, tile_px=80)
