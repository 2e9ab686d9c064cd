"""Where a network looks: Grad-CAM for each jamo of its answer.

Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization" (2017),
with one score per jamo, so that the picture shows the initial, the medial and the final apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from koocr.character.symbols import symbol, symbol_id
from koocr.errors import ConfigError, InputError, missing_dependency
from koocr.evaluation.sheets import BLACK, GREY, Tile, contact_sheet
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS, NUM_SYLLABLES, split_index
from koocr.image import ImageSource, load_image
from koocr.ink import fit_glyph

try:
    import keras
    from keras import ops
except ImportError as error:
    raise missing_dependency("keras", "train") from error

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR
    from koocr.character.settings import CharacterSettings

__all__ = ["Activation", "Explanation", "explain", "explain_images", "explanation_sheet"]

PARTS = ("initial", "medial", "final")
FEATURES = "features"
"""The layer that holds the trunk's feature map; everything after it are heads."""

Score = Callable[[Any], Any]
"""From the network's outputs to one number per image, which is to be explained: (N,)."""


@dataclass(frozen=True, eq=False)
class Activation:
    """What one jamo of an answer was read from.

    Attributes:
        part: `initial`, `medial` or `final`; `single` for a single jamo.
        jamo: the letter; "" for an absent final.
        heat: (S, S) float32 in [0, 1]: how much each place of the image speaks for it, the most being 1; 0
            everywhere if no place does.
    """

    part: str
    jamo: str
    heat: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The parts of one answer.

    Attributes:
        image: (S, S) uint8, what the network saw: ink 255 on ground 0.
        text: the answer that is explained, a syllable or a single jamo.
        activations: initial, medial and final of a syllable, or the one of a single jamo.
    """

    image: NDArray[np.uint8]
    text: str
    activations: tuple[Activation, ...]

    def tiles(self, caption: str = "") -> list[Tile]:
        """The image as the network saw it, then once per part with the heat in red.

        Args:
            caption: a second line under the image, such as where it is from.
        """
        first = Tile(255 - self.image, ((self.text, BLACK), (caption, GREY)))
        parts = [
            Tile(
                heat_picture(self.image, activation.heat),
                ((activation.jamo or "–", BLACK), (activation.part, GREY)),
            )
            for activation in self.activations
        ]
        return [first, *parts]

    def picture(self, *, tile_px: int = 160) -> Image.Image:
        """All parts in one row."""
        tiles = self.tiles()
        return contact_sheet(tiles, columns=len(tiles), tile_px=tile_px)


def explain(
    reader: KoOCR, image: ImageSource, *, text: str = "", is_local: bool | None = None
) -> Explanation:
    """Finds which parts of an image speak for each jamo of an answer.

    Args:
        reader: the reader whose network is asked; its Keras model is loaded.
        image: as `KoOCR.predict` takes it.
        text: the answer to explain, a syllable or a single jamo; by default the reader's best.
        is_local: see `explain_images`.

    Raises:
        InputError: the image can't be read, or it is blank.
        CharsetError: the text is no symbol.
    """
    glyph = fit_glyph(load_image(image), reader.settings.image_size)
    if glyph is None:
        raise InputError("the image is blank, so there is nothing to explain; pass one with a character")
    answer = text or reader.candidates(image).text
    return explain_images(reader.model, glyph[None], [answer], settings=reader.settings, is_local=is_local)[0]


def explain_images(
    model: keras.Model,
    images: NDArray[np.uint8],
    texts: Sequence[str],
    *,
    settings: CharacterSettings,
    layer: str = FEATURES,
    is_local: bool | None = None,
) -> list[Explanation]:
    """Finds for each jamo of some answers which parts of the image speak for it.

    The score of a jamo is its logit; where the network has one output for whole symbols, the log-odds of all
    symbols with this jamo in this place against all others.

    Args:
        model: a character network, see `koocr.character.network.build_network`.
        images: (N, S, S) uint8 as `koocr.ink.fit_glyph` returns them: ink 255 on ground 0.
        texts: the N answers to explain, right or wrong.
        settings: the network's.
        layer: the layer whose map is weighted; all paths through the network must pass it.
        is_local: weighs each place by its own gradient (HiResCAM, Draelos and Carin, 2020) instead of each
            channel by its mean gradient (Grad-CAM). For heads that pool linearly (GWAP) it shows exactly what
            each place contributed, where the mean is nearly the same picture for all three jamo. None: local
            for networks with GWAP.

    Returns:
        One explanation per image.

    Raises:
        CharsetError: a text is no symbol.
        ValueError: the numbers of images and texts differ.
    """
    if len(images) != len(texts):
        raise ValueError(f"{len(images)} images but {len(texts)} texts")
    ids = np.array([symbol_id(text) for text in texts], dtype=np.int64)
    groups = {part: np.flatnonzero(ids < NUM_SYLLABLES) for part in PARTS} | {
        "single": np.flatnonzero(ids >= NUM_SYLLABLES)
    }
    if is_local is None:
        is_local = "GWAP" in {settings.link(head) for head in settings.heads}
    activations: list[list[Activation]] = [[] for _ in texts]
    network = _Cut(model, layer)
    for part, rows in groups.items():
        if not len(rows):
            continue
        labels = _labels(ids[rows], part)
        heats = network.heat(images[rows], _score(part, labels, settings), is_local=is_local)
        for row, label, heat in zip(rows.tolist(), labels.tolist(), heats, strict=True):
            activations[row].append(Activation(part, _NAMES[part][label], heat))
    return [
        Explanation(image, symbol(number), tuple(found))
        for image, number, found in zip(images, ids.tolist(), activations, strict=True)
    ]


def explanation_sheet(
    explanations: Sequence[Explanation], *, captions: Sequence[str] = (), tile_px: int = 96
) -> Image.Image:
    """Several explanations of syllables under one another, two to a row."""
    tiles: list[Tile] = []
    for number, explanation in enumerate(explanations):
        row = explanation.tiles(captions[number] if captions else "")
        tiles += row + [Tile(np.full((2, 2), 255, np.uint8))] * (4 - len(row))
    return contact_sheet(tiles, columns=8 if len(explanations) > 1 else 4, tile_px=tile_px)


def heat_picture(image: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lays heat over an image: paper turns red where it is hot, ink stays dark: (S, S, 3) RGB."""
    paper = 255 - heat[..., None] * np.array([0.0, 165.0, 205.0])  # white to red
    darkness = image[..., None] / 255.0
    return np.rint(paper * (1 - 0.85 * darkness)).astype(np.uint8)


_NAMES = {"initial": INITIALS, "medial": MEDIALS, "final": FINALS, "single": JAMO}


def _labels(ids: NDArray[np.int64], part: str) -> NDArray[np.int64]:
    return ids - NUM_SYLLABLES if part == "single" else split_index(ids)[PARTS.index(part)]


def _score(part: str, labels: NDArray[np.int64], settings: CharacterSettings) -> Score:
    """The score of each image's label in one part, whatever outputs the network has."""
    if not settings.split_components:
        return _log_odds("symbol", _has_part(_symbol_ids(settings), part, labels))
    if settings.joint and part != "single":
        return _log_odds("syllable", _has_part(np.arange(NUM_SYLLABLES), part, labels))
    columns = labels + 1 if part == "single" else labels  # column 0 of "single" is "a whole syllable"
    return lambda outputs: ops.take_along_axis(
        outputs[part], ops.convert_to_tensor(columns[:, None]), axis=1
    )[:, 0]


def _log_odds(output: str, chosen: NDArray[np.bool_]) -> Score:
    """How much more likely the chosen symbols are than the others; what all have in common cancels out."""
    with_it, without = (np.where(mask, 0.0, -1e9).astype(np.float32) for mask in (chosen, ~chosen))  # (N, C)
    return lambda outputs: (
        ops.logsumexp(outputs[output] + ops.convert_to_tensor(with_it), axis=1)
        - ops.logsumexp(outputs[output] + ops.convert_to_tensor(without), axis=1)
    )


def _symbol_ids(settings: CharacterSettings) -> NDArray[np.int64]:
    if settings.charset is None:
        return np.arange(NUM_SYLLABLES + len(JAMO))
    return np.array([symbol_id(character) for character in settings.charset])


def _has_part(ids: NDArray[np.int64], part: str, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N, C): whether each of C symbols has each of N labels in this part."""
    of_this_sort = (ids >= NUM_SYLLABLES) if part == "single" else (ids < NUM_SYLLABLES)
    return (_labels(ids, part)[None, :] == labels[:, None]) & of_this_sort[None, :]


class _Cut:
    """A network cut into the part up to a layer and the part after it."""

    def __init__(self, model: keras.Model, layer: str) -> None:
        middle = model.get_layer(layer).output
        self._trunk = keras.Model(model.input, middle)
        self._heads = keras.Model(middle, model.output)

    def heat(self, images: NDArray[np.uint8], score: Score, *, is_local: bool) -> NDArray[np.float32]:
        """(N, S, S) in [0, 1]."""
        ink = ops.convert_to_tensor((images / 255.0).astype(np.float32)[..., None])
        maps = self._trunk(ink, training=False)  # (N, h, w, C)
        slope = _gradient(lambda features: ops.sum(score(self._heads(features, training=False))), maps)
        maps = ops.convert_to_numpy(ops.cast(maps, "float32"))
        weights = slope if is_local else slope.mean(axis=(1, 2), keepdims=True)
        heat = np.maximum((maps * weights).sum(axis=3), 0.0)  # (N, h, w)
        size = images.shape[2], images.shape[1]
        large = np.stack([cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in heat])
        return large / np.maximum(large.max(axis=(1, 2), keepdims=True), np.float32(1e-12))


def _gradient(function: Callable[[Any], Any], at: Any) -> NDArray[np.float32]:
    """The gradient of a scalar function of a tensor, by whichever backend Keras runs on."""
    backend = keras.backend.backend()
    library: Any = import_module(backend)
    if backend == "tensorflow":
        with library.GradientTape() as tape:
            tape.watch(at)
            value = function(at)
        slope = tape.gradient(value, at)
    elif backend == "torch":
        leaf = at.detach().requires_grad_()
        slope = library.autograd.grad(function(leaf), leaf)[0]
    elif backend == "jax":
        slope = library.grad(function)(at)
    else:
        raise ConfigError(f"the Keras backend {backend} has no gradients; use tensorflow, torch or jax")
    return np.asarray(ops.convert_to_numpy(ops.cast(slope, "float32")))
