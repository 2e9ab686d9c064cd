"""The spline against its definition, the sampler against loops and finite differences, and both together."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from koocr.line.stages.network import build_stages
from koocr.line.stages.spline import edge_points, radial, spline_solver
from koocr.line.stages.transformation import FitWidth, Straighten, sample_bilinear
from tests.line.stages.small import batch, logits, settings

POINTS = edge_points(8)
RNG = np.random.default_rng(0)


def spline(values, places):
    """The spline with such values at `POINTS`, at other places: its definition, term by term."""
    coefficients = spline_solver(POINTS) @ values
    squares = ((places[:, None] - POINTS[None]) ** 2).sum(axis=2)
    affine = np.concatenate([np.ones((len(places), 1)), places], axis=1)
    return radial(squares) @ coefficients[: len(POINTS)] + affine @ coefficients[len(POINTS) :]


def test_fiducials_run_along_both_edges():
    expected = [(-1, -1), (-1 / 3, -1), (1 / 3, -1), (1, -1), (-1, 1), (-1 / 3, 1), (1 / 3, 1), (1, 1)]
    np.testing.assert_allclose(POINTS, expected)


def test_the_spline_has_the_wanted_values_at_its_points():
    wanted = RNG.normal(size=(8, 2))
    np.testing.assert_allclose(spline(wanted, POINTS), wanted, atol=1e-9)


def test_affine_values_give_an_affine_spline():
    matrix, shift = RNG.normal(size=(2, 2)), RNG.normal(size=2)
    places = RNG.uniform(-1.5, 1.5, (50, 2))
    np.testing.assert_allclose(spline(POINTS @ matrix + shift, places), places @ matrix + shift, atol=1e-9)


def test_the_spline_is_the_smoothest_of_its_kind():
    """Its weights have neither sum nor moment: far away, nothing is left but the affine part."""
    weights = (spline_solver(POINTS) @ RNG.normal(size=(8, 2)))[:8]
    np.testing.assert_allclose(weights.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(POINTS.T @ weights, 0, atol=1e-9)


def by_loops(image, x, y):
    """Bilinear interpolation of one image (H, W, C) at points (n,), 0 outside."""
    height, width, channels = image.shape
    result = np.zeros((len(x), channels))
    for place, (across, down) in enumerate(zip(x, y, strict=True)):
        for row in range(height):
            for column in range(width):
                share = max(0.0, 1 - abs(across - column)) * max(0.0, 1 - abs(down - row))
                result[place] += share * image[row, column]
    return result


def test_sampling_is_bilinear_and_zero_outside():
    images = RNG.random((2, 4, 6, 3)).astype(np.float32)
    x = RNG.uniform(-3, 9, (2, 5, 7)).astype(np.float32)
    y = RNG.uniform(-3, 7, (2, 5, 7)).astype(np.float32)
    x[0, 0], y[0, 0] = np.arange(7) - 0.5, 2  # between and on pixels, and on the edge
    found = keras.ops.convert_to_numpy(sample_bilinear(images, x, y))
    for number in range(2):
        expected = by_loops(images[number], x[number].ravel(), y[number].ravel())
        np.testing.assert_allclose(found[number].reshape(-1, 3), expected, atol=1e-5)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_gradients_of_sampling_are_finite_differences(which):
    """By the images, by x, and by y, in double precision."""
    images = RNG.random((1, 3, 4, 2))
    x = np.array([[[-0.7, 0.2, 1.6, 2.9, 3.4, 8.0]]])
    y = np.array([[[0.4, -0.6, 1.3, 0.8, 2.5, 1.0]]])
    weights = RNG.normal(size=(1, 1, 6, 2))

    def value(*arguments):
        return tf.reduce_sum(sample_bilinear(*arguments) * weights)

    arguments = [tf.constant(part) for part in (images, x, y)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        total = value(*arguments)
    gradient = tape.gradient(total, arguments)[which]
    gradient = tf.convert_to_tensor(gradient).numpy()
    expected = np.zeros_like(gradient)
    for index in np.ndindex(gradient.shape):
        step = np.zeros_like(gradient)
        step[index] = 1e-6
        ahead, back = ([*arguments] for _ in range(2))
        ahead[which] = arguments[which] + step
        back[which] = arguments[which] - step
        expected[index] = (value(*ahead) - value(*back)) / 2e-6
    np.testing.assert_allclose(gradient, expected, atol=1e-7)
    assert gradient.any()


def test_points_at_the_edges_leave_every_line_as_it_is():
    made = batch("CTC", padded_to=32).inputs
    found = Straighten()([made["image"], made["num_frames"], np.zeros((3, 6, 2), np.float32)])
    np.testing.assert_allclose(found, made["image"], atol=1e-4)


def test_a_slanted_line_is_straightened_within_its_own_width():
    """A bar that falls by 8 pixels over each line, and the fiducials along it."""
    widths = np.array([24, 40])
    images = np.zeros((2, 32, 40, 1), np.float32)
    for image, width in zip(images, widths, strict=True):
        for column in range(width):
            row = 11.5 + 8 * (column + 0.5) / width
            image[int(np.ceil(row)) : int(np.ceil(row)) + 2, column] = 1
    fall = np.linspace(-4, 4, 10) / 16
    shifts = np.stack([np.zeros(20), np.tile(fall, 2)], axis=1)[None].repeat(2, axis=0)
    found = Straighten()([images, widths // 4, shifts.astype(np.float32)])[..., 0].numpy()
    for straight, width in zip(found, widths, strict=True):
        rows = (straight[:, :width] * np.arange(32)[:, None]).sum(axis=0) / straight[:, :width].sum(axis=0)
        assert np.ptp(rows[1:-1]) < 1.01  # the bar itself is drawn in steps of 1
        assert abs(rows[1:-1].mean() - 16.5) < 0.5


def test_lines_are_fitted_without_their_padding():
    images = np.zeros((2, 4, 16, 1), np.float32)
    images[0] = np.linspace(0, 1, 16)[:, None]
    images[1, :, :8] = np.linspace(0, 1, 8)[:, None]
    fitted = FitWidth(8)([images, np.array([4, 2])]).numpy()
    np.testing.assert_allclose(fitted[1], images[1, :, :8], atol=1e-5)
    np.testing.assert_allclose(fitted[0], images[0].reshape(4, 8, 2, 1).mean(axis=2), atol=1e-5)


def test_a_new_network_begins_straight_and_learns_where_the_line_is():
    model = build_stages(settings("TPS-VGG-None-CTC"))
    made = batch("CTC")
    points = keras.Model(model.input, model.get_layer("transformation_points").output)
    assert not points(made.inputs).numpy().any()
    model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError(), run_eagerly=True)
    model.train_on_batch(made.inputs, {"symbol": np.ones_like(logits(model, made.inputs))})
    assert np.abs(points(made.inputs)).max() > 0
