"""The four stages put together: `build_stages` to train, `reading_network` to read."""

from __future__ import annotations

import keras
from keras import layers

from koocr.line.stages.attention import AttentionDecoder
from koocr.line.stages.features import frames
from koocr.line.stages.sequence import in_context
from koocr.line.stages.settings import STRIDE, StageSettings
from koocr.line.stages.transformation import straightened


def build_stages(settings: StageSettings) -> keras.Model:
    """Builds the recogniser that the settings describe, with fresh weights, as it is trained.

    Args:
        settings: what to build.

    Returns:
        A model from {"image": (N, height, W, 1) with ink 1 on ground 0 and 0 beside each line, "num_frames":
        (N,) int32, ceil(width of the line / 4)} and, for "Attn", {"label": (N, L) int32, ids with -1 behind
        the end} to {"symbol": float32 logits}: for "CTC" (N, ceil(W / 4), 1 + C), column 0 the blank; for
        "Attn" (N, L + 1, 1 + C), column 0 the end of the text.
    """
    image = keras.Input((settings.height, None, 1), name="image")
    num_frames = keras.Input((), dtype="int32", name="num_frames")
    inputs = {"image": image, "num_frames": num_frames}
    # Halving drops what is left over: with three columns more, that is never a pixel of the line.
    x = layers.ZeroPadding2D(((0, 0), (0, STRIDE - 1)), name="pad")(image)
    if settings.transformation == "TPS":
        x = straightened(x, num_frames, settings)
    x = frames(x, num_frames, settings)
    if settings.sequence == "BiLSTM":
        x = in_context(x, num_frames, settings)
    x = layers.Identity(dtype="float32", name="frames")(x)  # (N, T, D)
    if settings.prediction == "CTC":
        symbol = layers.Dense(1 + settings.charset_size, dtype="float32", name="symbol")(x)
    else:
        inputs["label"] = keras.Input((None,), dtype="int32", name="label")
        decoder = AttentionDecoder(
            settings.charset_size, settings.hidden, settings.max_length, dtype="float32", name="symbol"
        )
        symbol = decoder([x, num_frames, inputs["label"]])
    return keras.Model(inputs, {"symbol": symbol}, name="stages")


def reading_network(model: keras.Model) -> keras.Model:
    """The recogniser as it reads: without "label", so that "Attn" goes on from what it has read itself.

    It shares its weights with the whole network.

    Returns:
        A model from {"image", "num_frames"} to {"symbol"}; for "Attn", (N, max_length + 1, 1 + C).
    """
    inputs = {name: model.input[name] for name in ("image", "num_frames")}
    decoder = model.get_layer("symbol")
    if not isinstance(decoder, AttentionDecoder):
        return model
    symbol = decoder([model.get_layer("frames").output, inputs["num_frames"]])
    return keras.Model(inputs, {"symbol": symbol}, name=model.name)
