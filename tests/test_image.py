"""Every good source of an image gives the same grey picture."""

import io
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from PIL import Image, ImageCms, ImageOps

from koocr.image import as_batch, is_batch, load_image

TONES = np.linspace(0, 255, 24 * 30).reshape(24, 30).astype(np.uint8)  # no two corners alike
GREY = Image.fromarray(TONES)


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def assert_same(found, expected, tolerance=0):
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found.astype(int), np.asarray(expected).astype(int), atol=tolerance)


@pytest.mark.parametrize("kind", ["str", "Path", "bytes", "bytearray", "file", "BytesIO", "Pillow", "array"])
def test_every_kind_of_source(kind, tmp_path):
    path = tmp_path / "syllable.png"
    GREY.save(path)
    data = path.read_bytes()
    with path.open("rb") as file, Image.open(path) as opened:
        sources = {"str": str(path), "Path": path, "bytes": data, "bytearray": bytearray(data)}
        sources |= {"file": file, "BytesIO": io.BytesIO(data), "Pillow": opened, "array": TONES}
        assert_same(load_image(sources[kind]), TONES)


def test_a_grey_array_is_not_copied():
    assert load_image(TONES) is TONES


def test_a_file_that_was_just_written_is_read_from_its_start():
    buffer = io.BytesIO()
    GREY.save(buffer, "PNG")
    assert_same(load_image(buffer), TONES)
    assert not buffer.closed


def test_a_pipe_that_cannot_seek():
    reading, writing = os.pipe()
    with open(writing, "wb") as sink:
        sink.write(encoded(GREY))
    with open(reading, "rb") as source:
        assert_same(load_image(source), TONES)


@pytest.mark.parametrize(
    ("file_format", "tolerance"),
    [
        ("PNG", 0),
        ("BMP", 0),
        ("GIF", 0),
        ("PPM", 0),
        ("TIFF", 0),
        ("JPEG", 4),
        ("WEBP", 12),
        ("JPEG2000", 0),
        ("AVIF", 8),
    ],
)
def test_every_file_format(file_format, tolerance):
    assert_same(load_image(encoded(GREY, file_format)), TONES, tolerance)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "RGBX", "RGBa", "I", "F"])
def test_every_pillow_mode(mode):
    assert_same(
        load_image(GREY.convert("RGBA" if mode == "RGBa" else "RGB").convert(mode)), TONES, tolerance=2
    )


def test_palette_images():
    assert_same(load_image(GREY.convert("P")), TONES)
    assert_same(load_image(encoded(GREY.convert("P"))), TONES)


def test_colours_become_their_luma():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]]], dtype=np.uint8)
    expected = [[0.299 * 255, 0.587 * 255, 0.114 * 255, 0.886 * 255]]  # ITU-R BT.601
    assert_same(load_image(Image.fromarray(colours)), expected, tolerance=1)
    assert_same(load_image(colours), load_image(Image.fromarray(colours)))


def test_lab_images_give_their_lightness():
    lab = ImageCms.profileToProfile(
        GREY.convert("RGB"), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    found = load_image(lab).astype(int)
    assert found[0, 0] == 0 and found[-1, -1] == 255 and (np.diff(found.ravel()) >= 0).all()


def test_bilevel_images():
    bilevel = GREY.convert("1")
    assert_same(load_image(encoded(bilevel)), np.asarray(bilevel) * 255)
    assert_same(load_image(encoded(bilevel, "TIFF", compression="group4")), np.asarray(bilevel) * 255)
    assert_same(load_image(np.asarray(bilevel)), np.asarray(bilevel) * 255)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_files(file_format):
    deep = Image.fromarray(TONES.astype(np.uint16) * 257)
    assert_same(load_image(encoded(deep, file_format)), TONES)


def test_float_tiff():
    assert_same(load_image(encoded(Image.fromarray(TONES.astype(np.float32) / 255), "TIFF")), TONES)


def test_cmyk_jpeg():
    assert_same(
        load_image(encoded(GREY.convert("RGB").convert("CMYK"), "JPEG", quality=95)), TONES, tolerance=4
    )


def test_the_first_frame_of_an_animation():
    data = encoded(GREY, "GIF", save_all=True, append_images=[ImageOps.invert(GREY)])
    assert_same(load_image(data), TONES)


# Transparency


def ink_on_nothing(ink, size=16):
    """A bar of a tone, the rest transparent black."""
    pixels = np.zeros((size, size, 2), dtype=np.uint8)
    pixels[4:8, 2:14] = ink, 255
    return pixels


@pytest.mark.parametrize("ink", [0, 100])
@pytest.mark.parametrize("kind", ["LA array", "LA", "RGBA", "PNG", "palette", "GIF"])
def test_transparent_pixels_become_white(kind, ink):
    pixels = ink_on_nothing(ink)
    image = Image.merge("LA", [Image.fromarray(pixels[..., channel]) for channel in (0, 1)])
    palette = Image.new("P", (16, 16), 7)
    palette.putpalette([*[ink] * 3, *[0] * 765])
    palette.paste(0, (2, 4, 14, 8))
    palette.info["transparency"] = 7
    sources = {
        "LA array": pixels,
        "LA": image,
        "RGBA": image.convert("RGBA"),
        "PNG": encoded(image),
        "palette": encoded(palette),
        "GIF": encoded(palette, "GIF", transparency=7),
    }
    expected = np.full((16, 16), 255)
    expected[4:8, 2:14] = ink
    assert_same(load_image(sources[kind]), expected)


def test_white_ink_on_nothing_is_laid_on_black():
    expected = np.zeros((16, 16))
    expected[4:8, 2:14] = 255
    assert_same(load_image(ink_on_nothing(255)), expected)


def test_half_transparent_ink_is_half_white():
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    pixels[2:4, :, 3] = 128
    assert_same(load_image(pixels)[2:4], np.full((2, 8), 127))
    assert_same(load_image(pixels)[:2], np.full((2, 8), 255))


def test_a_transparent_colour_of_a_grey_png():
    image = Image.fromarray(np.where(TONES == 0, np.uint8(9), TONES))
    image.putpixel((5, 5), 0)
    expected = np.asarray(image).copy()
    expected[5, 5] = 255
    assert_same(load_image(encoded(image, transparency=0)), expected)


def test_nothing_but_transparency_is_blank():
    assert_same(load_image(np.zeros((5, 5, 4), dtype=np.uint8)), np.full((5, 5), 255))


# EXIF orientation


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_upright(orientation, file_format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(GREY, file_format, exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image).convert("L")
    assert_same(load_image(data), expected, tolerance=1)
    with Image.open(io.BytesIO(data)) as image:
        assert_same(load_image(image), expected, tolerance=1)


def test_orientation_six_turns_a_quarter_clockwise():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert_same(load_image(encoded(GREY, exif=exif)), np.rot90(TONES, -1))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"])
def test_damaged_exif_is_no_reason_to_refuse(exif):
    assert_same(load_image(encoded(GREY, "JPEG", exif=exif)), TONES, tolerance=4)


# Arrays


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64, np.float32, np.float64]
)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_arrays_from_0_to_255(dtype, channels):
    array = TONES if channels is None else np.repeat(TONES[..., None], channels, axis=2)
    assert_same(load_image(array.astype(dtype)), TONES)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1(dtype):
    assert_same(load_image((TONES / 255).astype(dtype)), TONES)


def test_sixteen_bit_arrays():
    assert_same(load_image(TONES.astype(np.uint16) * 257), TONES)
    assert_same(load_image(TONES.astype(np.int64) * 257), TONES)


def test_floats_may_overshoot_a_little():
    assert_same(load_image(np.array([[-0.05, 0.0, 1.0, 1.08]])), [[0, 0, 255, 255]])
    assert_same(load_image(np.array([[-3.0, 0.0, 255.0, 258.0]])), [[0, 0, 255, 255]])


def test_views_become_contiguous():
    assert_same(load_image(TONES[::2, ::-1]), TONES[::2, ::-1])
    assert_same(load_image(TONES.T), TONES.T)


def test_tensors_are_arrays():
    class Tensor:
        shape = TONES.shape

        def __array__(self, dtype=None, copy=None):
            return TONES

    assert_same(load_image(Tensor()), TONES)


@given(
    st_numpy.arrays(
        st.sampled_from([np.bool_, np.uint8, np.uint16]),
        st.one_of(
            st.tuples(st.integers(1, 6), st.integers(1, 6)),
            st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4)),
        ),
    )
)
def test_any_array_of_pixels_loads_and_keeps_its_size(array):
    grey = load_image(array)
    assert grey.shape == array.shape[:2]
    assert grey.dtype == np.uint8


@given(st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))))
def test_an_array_loads_like_the_file_it_is_saved_to(array):
    assert_same(load_image(array), load_image(encoded(Image.fromarray(array))))


# File names


@pytest.mark.parametrize("name", ["각.png", "손글씨 사진 (1).png", "🙂.png", "ㄱㄴㄷ.png", "a'b\"c;$(d).png"])
def test_any_file_name_opens(name, tmp_path):
    path = tmp_path / name
    GREY.save(path)
    assert_same(load_image(path), TONES)
    assert_same(load_image(str(path)), TONES)


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_composed_and_decomposed_names_find_each_other(stored, typed, tmp_path):
    folder = tmp_path / unicodedata.normalize(stored, "한글 폴더")
    folder.mkdir()
    GREY.save(folder / unicodedata.normalize(stored, "값.png"))
    assert_same(load_image(unicodedata.normalize(typed, f"{tmp_path}/한글 폴더/값.png")), TONES)


def test_each_part_of_a_path_may_have_its_own_form(tmp_path, monkeypatch):
    folder = tmp_path / unicodedata.normalize("NFD", "폴더") / "값"
    folder.mkdir(parents=True)
    GREY.save(folder / unicodedata.normalize("NFD", "글.png"))
    monkeypatch.chdir(tmp_path)
    assert_same(load_image(Path("폴더", "값", "글.png")), TONES)


# Batches


@pytest.mark.parametrize(
    ("shape", "batch"),
    [
        ((8, 8), False),
        ((8, 8, 1), False),
        ((8, 8, 3), False),
        ((8, 8, 4), False),
        ((8, 8, 5), True),
        ((3, 8, 8), True),
        ((0, 8, 8), True),
        ((2, 8, 8, 3), True),
        ((8,), False),
    ],
)
def test_which_arrays_are_batches(shape, batch):
    array = np.zeros(shape, dtype=np.uint8)
    assert is_batch(array) is batch
    assert len(as_batch(array)) == (shape[0] if batch else 1)


@pytest.mark.parametrize(
    "images", [["a.png"], ("a.png", "b.png"), [], (name for name in ["a.png"]), [TONES, TONES]]
)
def test_lists_tuples_and_iterators_are_batches(images):
    assert is_batch(images)
    assert isinstance(as_batch(images), list)


@pytest.mark.parametrize("image", ["a.png", b"bytes", Path("a.png"), io.BytesIO(), GREY, TONES])
def test_single_sources_are_no_batches(image):
    assert not is_batch(image)
    (only,) = as_batch(image)
    assert only is image


def test_images_of_a_batch_array_load():
    batch = np.stack([TONES, TONES[::-1]])
    for image, expected in zip(as_batch(batch), (TONES, TONES[::-1]), strict=True):
        assert_same(load_image(image), expected)
