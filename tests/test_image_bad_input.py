"""Whatever is no image is refused with one sentence that says why, and no harm done."""

import io
import os
import random
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from koocr.errors import InputError
from koocr.image import load_image

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64), dtype=np.uint8))


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def refusal(source, **options):
    with pytest.raises(InputError) as caught:
        load_image(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def png_header(width, height):
    """A PNG that says how large it is and stops after its first bytes of pixels."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    pixels = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\0\0\0\0")
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def test_missing_file(tmp_path):
    path = str(tmp_path / "없음.png")
    assert refusal(path) == f"there is no file {path!r}; check the path"
    assert refusal("") == "there is no file ''; check the path"


def test_directory(tmp_path):
    assert "is a directory" in refusal(tmp_path)


def test_path_through_a_file(tmp_path):
    (tmp_path / "file").touch()
    assert "can't be opened (Not a directory)" in refusal(tmp_path / "file" / "a.png")


def test_impossible_file_names():
    assert "can't be opened" in refusal("a\0b.png")
    assert "can't be opened (File name too long)" in refusal("가" * 300 + ".png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(tmp_path):
    path = tmp_path / "a.png"
    NOISE.save(path)
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_dangling_link(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    assert "there is no file" in refusal(tmp_path / "a.png")


def test_empty_file(tmp_path):
    path = tmp_path / "a.png"
    path.touch()
    assert refusal(path) == f"{str(path)!r} is empty; pass an image file"
    assert refusal(b"") == "the given data is empty; pass an image file"
    assert refusal(io.BytesIO()) == "the given file is empty; pass an image file"


@pytest.mark.parametrize(
    "data", [b"hello, this is text\n" * 9, "한글 텍스트".encode(), b"\x89PNG", b"GIF89a", b"%PDF-1.7\n"]
)
def test_what_is_no_image(data, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert repr(str(path)) in refusal(path)
    assert refusal(data).startswith("the given data is ")


def test_formats_that_start_programs_are_not_read():
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    assert "not an image that koocr reads" in refusal(postscript)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "JPEG2000", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files(file_format, share):
    data = encoded(NOISE, file_format)
    assert refusal(data[: int(len(data) * share)]).startswith("the given data is ")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "JPEG2000", "BMP", "AVIF"])
def test_damaged_bytes_give_an_image_or_a_refusal(file_format):
    data = encoded(NOISE, file_format)
    luck = random.Random(file_format)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(luck.randint(1, 8)):
            damaged[luck.randrange(len(damaged))] = luck.randrange(256)
        try:
            assert load_image(bytes(damaged)).ndim == 2
        except InputError as error:
            assert "\n" not in str(error)


def test_an_unread_pillow_image_of_a_damaged_file():
    data = encoded(NOISE)
    with Image.open(io.BytesIO(data[: len(data) // 2])) as image:
        assert "is damaged or cut short" in refusal(image)


def test_a_closed_pillow_image():
    with Image.open(io.BytesIO(encoded(NOISE))) as image:
        pass
    assert "the Pillow image is damaged" in refusal(image)


# Files that are open


def test_file_open_as_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as file:
        assert refusal(file) == "the given file is open as text; open it with mode 'rb'"
    assert "open as text" in refusal(io.StringIO("text"))


def test_closed_and_write_only_files(tmp_path):
    closed = io.BytesIO(encoded(NOISE))
    closed.close()
    assert "can't be read (I/O operation on closed file" in refusal(closed)
    with (tmp_path / "a.png").open("wb") as file:
        assert "can't be read (read)" in refusal(file)


def test_a_stream_without_end_is_not_swallowed():
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size=-1):
            assert 0 <= size < 2**21
            Endless.taken += size
            return bytes(size)

    assert "goes on after" in refusal(Endless(), max_pixels=1000)
    assert Endless.taken < 2**21


# Size


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (0, 5, 3), (5, 0, 4)])
def test_arrays_without_pixels(shape):
    assert "has no pixels" in refusal(np.zeros(shape, dtype=np.uint8))


def test_pillow_image_without_pixels():
    assert (
        refusal(Image.new("L", (0, 0)))
        == "the Pillow image has no pixels (0 x 0); pass an image that has some"
    )


def test_one_pixel_is_an_image():
    assert load_image(np.array([[7]], dtype=np.uint8)).tolist() == [[7]]
    assert load_image(encoded(Image.new("L", (1, 1), 7))).tolist() == [[7]]


@pytest.mark.parametrize("kind", ["bytes", "array", "Pillow"])
def test_the_limit_is_in_pixels_and_can_be_set(kind):
    source = {"bytes": encoded(NOISE), "array": np.asarray(NOISE), "Pillow": NOISE}[kind]
    assert load_image(source, max_pixels=48 * 64).shape == (48, 64)
    assert "48 x 64 is more than 3,071 pixels; scale it down or raise max_pixels" in refusal(
        source, max_pixels=3071
    )


@pytest.mark.parametrize("side", [10_000, 30_000, 2**31 - 1])
@pytest.mark.filterwarnings("ignore:Image size")
def test_bombs_are_refused(side):
    assert "too large" in refusal(png_header(side, side))


@pytest.mark.filterwarnings("error")
def test_bombs_are_refused_when_warnings_are_errors():
    assert "too large" in refusal(png_header(10_000, 10_000))


def test_a_bomb_of_100_megapixels_takes_no_memory(tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("1", (10_000, 10_000)).save(path)
    assert path.stat().st_size < 100_000
    program = """
import resource, sys, warnings
from koocr.errors import InputError
from koocr.image import load_image
warnings.simplefilter("ignore")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_image(sys.argv[1])
except InputError as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, "KiB more;", error)
"""
    run = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "too large" in run.stdout
    assert int(run.stdout.split()[0]) < 8_000  # decoded it would be 100,000


# Arrays and other objects


@pytest.mark.parametrize("shape", [(), (5,), (5, 5, 5), (5, 5, 0), (2, 5, 5, 3), (1, 1, 5, 5, 3)])
def test_wrong_rank(shape):
    assert f"this array has {shape}" in refusal(np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_values_that_are_no_numbers(bad, dtype):
    array = np.zeros((4, 4), dtype=dtype)
    array[1, 2] = bad
    assert refusal(array) == "the array holds NaN or infinite values; replace them first"


@pytest.mark.parametrize(
    "array",
    [
        np.array([[-1.0, 1.0]]),
        np.array([[0.0, 300.0]]),
        np.array([[-1, 1]]),
        np.array([[0, 65_536]]),
        np.array([[0, 2**63]], dtype=np.uint64),
    ],
)
def test_values_out_of_range(array):
    assert f"holds values from {array.min():g} to {array.max():g}; pass integers from 0 to 255" in refusal(
        array
    )


@pytest.mark.parametrize("dtype", [complex, object, "U1", "S1", "datetime64[s]"])
def test_arrays_of_something_else(dtype):
    assert "holds values of type" in refusal(np.zeros((3, 3), dtype=dtype))


def test_an_array_that_cannot_be_had():
    class OnAnotherDevice:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("can't convert device tensor to numpy")

    assert "is no array (can't convert device tensor to numpy); pass a NumPy array" in refusal(
        OnAnotherDevice()
    )


@pytest.mark.parametrize("source", [None, 5, 1.5, ["a.png"], {"image": 1}, object(), Image])
def test_what_can_be_no_image(source):
    message = refusal(source)
    assert message.startswith(f"an image can't be a {type(source).__name__}; pass a path, ")


def test_values_out_of_range_in_a_file():
    data = encoded(Image.fromarray(np.array([[-5.0, 5.0]], dtype=np.float32)), "TIFF")
    assert "the given data holds values from -5 to 5" in refusal(data)
