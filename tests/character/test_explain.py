"""Grad-CAM against the plain formula, and against networks that are known to look at one corner only."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="explaining needs the train extra")

from koocr.character.decode import scores_of  # noqa: E402
from koocr.character.evaluation import Samples  # noqa: E402
from koocr.character.explain import explain, explain_images, explanation_sheet  # noqa: E402
from koocr.character.findings import CLEAN, Findings  # noqa: E402
from koocr.character.network.pooling import pool  # noqa: E402
from koocr.character.report_pictures import activation_sheet  # noqa: E402
from koocr.character.settings import CharacterSettings  # noqa: E402
from koocr.character.symbols import symbol  # noqa: E402
from koocr.document import Candidate, Character  # noqa: E402
from koocr.errors import CharsetError, InputError, WeightsError  # noqa: E402
from koocr.ink import fit_glyph  # noqa: E402

SIZE = 16
SIZES = {"initial": 19, "medial": 21, "final": 28, "single": 52}
SETTINGS = CharacterSettings(image_size=SIZE)


def split_network(link: str, *, channels: int = 3) -> "keras.Model":
    """One random convolution, and four linear heads on its pooled map."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE, SIZE, 1))
    x = keras.layers.Conv2D(channels, 3, strides=4, padding="same", activation="relu")(image)
    features = keras.layers.Activation("linear", name="features")(x)
    heads = {
        name: keras.layers.Dense(size, name=name)(pool(features, link, name=f"{name}_pool"))
        for name, size in SIZES.items()
    }
    return keras.Model(image, heads)


def random_images(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(count, SIZE, SIZE), dtype=np.uint8)


def feature_maps(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    trunk = keras.Model(model.input, model.get_layer("features").output)
    return keras.ops.convert_to_numpy(trunk(images[..., None].astype(np.float32) / 255))


def test_with_average_pooling_it_is_the_class_activation_map() -> None:
    # GAP and a linear layer: Grad-CAM weighs channel k of jamo c by w[k, c] (Selvaraju et al., section 3.1)
    model, images = split_network("GAP"), random_images(2)
    weights = np.random.default_rng(1).uniform(0.1, 1, size=(3, 21))
    model.get_layer("medial").set_weights([weights, np.zeros(21)])
    found = explain_images(model, images, ["각", "나"], settings=SETTINGS)
    maps = feature_maps(model, images)
    for row in range(2):  # ㅏ, column 0, in both
        plain = (maps[row] * weights[:, 0]).sum(axis=-1)
        hottest = np.unravel_index(plain.argmax(), plain.shape)
        heat = found[row].activations[1].heat
        assert (found[row].activations[1].part, found[row].activations[1].jamo) == ("medial", "ㅏ")
        assert heat.shape == (SIZE, SIZE)
        assert heat.min() >= 0 and heat.max() == pytest.approx(1.0)
        assert np.unravel_index(heat.argmax(), heat.shape)[0] // 4 == hottest[0]
        assert np.unravel_index(heat.argmax(), heat.shape)[1] // 4 == hottest[1]


def test_local_weights_show_the_only_corner_that_counts() -> None:
    model = split_network("GWAP")
    for name in SIZES:  # every head looks at the top left quarter, with positive weights
        corner = np.zeros(model.get_layer(f"{name}_pool").get_weights()[0].shape, np.float32)
        corner[:2, :2] = 1
        model.get_layer(f"{name}_pool").set_weights([corner])
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([np.abs(kernel), bias])
    found = explain_images(model, random_images(1), ["한"], settings=SETTINGS, is_local=True)[0]
    for activation in found.activations:
        assert activation.heat[:8, :8].max() == pytest.approx(1.0)
        assert activation.heat[11:, :].max() == 0.0  # bilinear enlarging reaches 3 pixels over the edge
        assert activation.heat[:, 11:].max() == 0.0


def whole_network(output: str, size: int) -> "keras.Model":
    keras.utils.set_random_seed(1)
    image = keras.Input((SIZE, SIZE, 1))
    x = keras.layers.Conv2D(4, 3, strides=4, padding="same", activation="relu")(image)
    features = keras.layers.Activation("linear", name="features")(x)
    vector = keras.layers.Flatten()(features)
    outputs = {output: keras.layers.Dense(size, name=output)(vector)}
    if output == "syllable":
        outputs["single"] = keras.layers.Dense(52, name="single")(vector)
    return keras.Model(image, outputs)


def test_jamo_of_a_whole_symbol_output_are_told_apart_by_finite_differences() -> None:
    charset = "가각나낙고곡ㄱ"
    settings = CharacterSettings(image_size=SIZE, split_components=False, fc_link="", charset=charset)
    model, images = whole_network("symbol", len(charset)), random_images(1)
    heads = keras.Model(model.get_layer("features").output, model.output)
    maps = feature_maps(model, images)

    def score(at: np.ndarray) -> float:  # the final ㄱ: 각, 낙, 곡 against all others
        powers = np.exp(keras.ops.convert_to_numpy(heads(at)["symbol"])[0].astype(np.float64))
        return float(np.log(powers[[1, 3, 5]].sum() / powers[[0, 2, 4, 6]].sum()))

    slope = np.zeros_like(maps)
    for place in np.ndindex(maps.shape):
        step = np.zeros_like(maps)
        step[place] = 1e-2
        slope[place] = (score(maps + step) - score(maps - step)) / 2e-2
    plain = np.maximum((maps * slope).sum(axis=-1), 0)[0]
    heat = explain_images(model, images, ["각"], settings=settings, is_local=True)[0].activations[2].heat
    # pixel 4k + 1 and 4k + 2 stand around the middle of map cell k, where enlarging hardly mixes cells
    hottest = np.unravel_index(plain.argmax(), plain.shape)
    assert heat[4 * hottest[0] + 2, 4 * hottest[1] + 2] > 0.7
    assert np.corrcoef(heat[2::4, 2::4].ravel(), plain.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (lambda: whole_network("syllable", 11172), CharacterSettings(image_size=SIZE, joint=True)),
        (
            lambda: whole_network("symbol", 11223),
            CharacterSettings(image_size=SIZE, split_components=False, fc_link=""),
        ),
        (lambda: split_network("GWOAP"), SETTINGS),
    ],
    ids=["joint", "whole", "split"],
)
def test_every_form_of_output_explains_syllables_and_single_jamo(model, settings) -> None:  # type: ignore[no-untyped-def]
    found = explain_images(model(), random_images(3), ["닭", "ㄳ", "가"], settings=settings)
    parts = [[(a.part, a.jamo) for a in explanation.activations] for explanation in found]
    assert parts[0] == [("initial", "ㄷ"), ("medial", "ㅏ"), ("final", "ㄺ")]
    assert parts[1] == [("single", "ㄳ")]
    assert parts[2] == [("initial", "ㄱ"), ("medial", "ㅏ"), ("final", "")]
    assert [explanation.text for explanation in found] == ["닭", "ㄳ", "가"]
    assert all(np.isfinite(a.heat).all() for explanation in found for a in explanation.activations)
    assert explanation_sheet(found).width > explanation_sheet(found[:1]).width
    assert found[0].picture().width > 4 * 160


def test_what_cannot_be_explained_is_said() -> None:
    model = split_network("GAP")
    with pytest.raises(CharsetError):
        explain_images(model, random_images(1), ["A"], settings=SETTINGS)
    with pytest.raises(ValueError, match="2 images but 1 texts"):
        explain_images(model, random_images(2), ["가"], settings=SETTINGS)


class FakeReader:
    """What `explain` needs of a reader."""

    settings = SETTINGS
    model = split_network("GWAP")

    def candidates(self, image: object, n: int = 1) -> Character:
        return Character((Candidate("각", 0.9),))


def test_a_reader_explains_its_best_answer_or_the_one_asked_for() -> None:
    image = np.full((40, 40), 255, np.uint8)
    image[8:32, 12:16] = 0
    assert explain(FakeReader(), image).text == "각"  # type: ignore[arg-type]
    assert explain(FakeReader(), image, text="한").text == "한"  # type: ignore[arg-type]
    with pytest.raises(InputError, match="blank"):
        explain(FakeReader(), np.full((40, 40), 255, np.uint8))  # type: ignore[arg-type]


def test_pictures_of_another_network_than_the_one_that_answered_are_refused() -> None:
    image = np.full((40, 40), 255, np.uint8)
    image[8:32, 12:16] = 0
    findings = Findings(examples={CLEAN: [Samples("face", "printed", [image] * 3, ["각"] * 3)]})
    answer = scores_of_image(FakeReader.model, image)
    sheet = activation_sheet(ReaderThatSays(answer), findings, num=2)  # type: ignore[arg-type]
    assert sheet.width > 300
    with pytest.raises(WeightsError, match="Keras weights"):
        activation_sheet(ReaderThatSays("뷁" if answer != "뷁" else "가"), findings, num=2)  # type: ignore[arg-type]


class ReaderThatSays(FakeReader):
    def __init__(self, text: str) -> None:
        self._text = text

    def candidates(self, image: list[np.ndarray], n: int = 1) -> list[Character]:  # type: ignore[override]
        return [Character((Candidate(self._text, 0.9),))] * len(image)


def scores_of_image(model: "keras.Model", image: np.ndarray) -> str:
    glyph = fit_glyph(image, SIZE)
    assert glyph is not None
    outputs = model.predict_on_batch(glyph[None, ..., None].astype(np.float32) / 255)
    return symbol(
        int(scores_of({name: np.asarray(value) for name, value in outputs.items()}).top(1)[0][0, 0])
    )
