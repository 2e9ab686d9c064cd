"""Sheets, diagrams and degraded pictures hold what they should."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.document import Candidate, Character
from koocr.evaluation import plots
from koocr.evaluation.calibration import reliability
from koocr.evaluation.confusion import jamo_confusions
from koocr.evaluation.degradation import Degradation, degrade
from koocr.evaluation.readings import Readings
from koocr.evaluation.sheets import RED, Tile, contact_sheet, most_confident_mistakes
from koocr.fonts import korean_face
from koocr.image import GreyImage


def glyph(text: str, size: int = 96) -> GreyImage:
    font = ImageFont.truetype(str(korean_face()), size)
    image = Image.new("L", (size + 24, size + 24), 255)
    ImageDraw.Draw(image).text((12, 12), text, font=font, fill=0)
    return np.asarray(image)


def readings() -> Readings:
    answers = [("가", 0.9), ("나", 0.8), ("다", 0.99), ("라", 0.3), ("마", 0.7)]
    return Readings.of(
        ["가", "각", "단", "락", "마"],
        [Character((Candidate(text, probability),)) for text, probability in answers],
        source=["face-one"] * 5,
        kind=["printed"] * 5,
        n=1,
    )


def test_mistakes_come_surest_first_and_are_all_wrong() -> None:
    images = [glyph(text) for text in "가각단락마"]
    tiles = most_confident_mistakes(readings(), images)
    assert [number for _, number in tiles] == [2, 1, 3]
    tile = tiles[0][0]
    assert tile.image is images[2]
    assert [text for text, _ in tile.caption] == ["단 → 다", "99.0%", "face-one"]
    assert len(most_confident_mistakes(readings(), images, num=2)) == 2


def test_a_sheet_has_room_for_every_tile_and_draws_captions() -> None:
    tile = Tile(np.full((30, 20), 255, np.uint8), (("닭 → 닮", RED), ("99 %", (0, 0, 0))))
    plain = contact_sheet([Tile(tile.image)] * 5, columns=3, tile_px=60)
    with_captions = contact_sheet([tile] * 5, columns=3, tile_px=60)
    assert plain.width == with_captions.width
    assert with_captions.height > plain.height
    pixels = np.asarray(with_captions).astype(int)
    is_red = (pixels[:, :, 0] - pixels[:, :, 1]) > 80
    columns_with_red = is_red[: with_captions.height // 2].any(axis=0)
    assert columns_with_red[:68].any() and columns_with_red[68:136].any() and columns_with_red[136:].any()


@pytest.mark.parametrize("tile_px", [40, 64, 96])
@pytest.mark.parametrize("name", ["ibm-plex-sans-kr", "a very long name of a face " * 4, "나눔손글씨" * 12])
def test_a_long_caption_does_not_reach_its_neighbours(name: str, tile_px: int) -> None:
    tile = Tile(np.full((9, 9), 255, np.uint8), (("닭 → 닮", RED), (name, RED)))
    pixels = np.asarray(contact_sheet([tile] * 3, columns=3, tile_px=tile_px)).astype(int)
    is_red = ((pixels[:, :, 0] - pixels[:, :, 1]) > 20).any(axis=0)  # columns with anything of a caption
    cell = tile_px + 8
    assert is_red[8 : 8 + cell].sum() > 0.6 * tile_px, "most of it is shown"
    for edge in range(4, is_red.size, cell):  # the middle of each gap
        assert not is_red[edge - 1 : edge + 2].any()


@pytest.mark.parametrize("tile_px", [40, 64, 96])
def test_lines_of_a_caption_do_not_touch(tile_px: int) -> None:
    colours = [RED, (0, 0, 0), RED]
    image = np.full((9, 9), 255, np.uint8)
    sheet = contact_sheet(
        [Tile(image, tuple(("훯gA", colour) for colour in colours))] * 2, columns=1, tile_px=tile_px
    )
    pixels = np.asarray(sheet).astype(int)
    of_line = np.where(pixels[..., 0] - pixels[..., 1] > 20, 1, np.where(pixels.max(axis=2) < 130, 2, 0))
    rows = [sorted({int(kind) for kind in row} - {0}) for row in of_line]
    assert all(len(kinds) <= 1 for kinds in rows), "no row of pixels has two lines"
    runs = [kinds[0] for before, kinds in zip([[], *rows], rows, strict=False) if kinds and kinds != before]
    assert runs == [1, 2, 1, 1, 2, 1], "each line is there, and nothing else"


def test_an_empty_sheet_is_a_picture_too() -> None:
    assert contact_sheet([]).size > (0, 0)


@pytest.mark.filterwarnings("error")  # matplotlib warns when a glyph is missing
def test_diagrams_draw_hangul_without_missing_glyphs(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for confusion in jamo_confusions(readings()):
        plots.save_confusion(confusion, tmp_path / f"{confusion.place}.png")
    curve = reliability(readings().confidence, readings().is_right)
    plots.save_reliability({"한글 손글씨": curve}, tmp_path / "reliability.png")
    plots.save_bars({"나눔": 0.9, "뷁": 0.95}, tmp_path / "bars.png", other={"나눔": 0.8}, labels=("a", "b"))
    plots.save_bars({}, tmp_path / "empty.png")
    assert len(list(tmp_path.glob("*.png"))) == 6
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            assert min(image.size) > 100


def test_diagrams_leave_the_settings_of_matplotlib_alone(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    plots.save_bars({"나눔": 0.9}, tmp_path / "bars.png")
    assert dict(matplotlib.rcParams) == before


def test_degraded_pictures_are_small_pale_and_the_same_for_a_seed() -> None:
    clean = glyph("닭")
    bad = degrade(clean, np.random.default_rng(5), em_px=96)
    assert np.array_equal(bad, degrade(clean, np.random.default_rng(5), em_px=96))
    assert not np.array_equal(bad, degrade(clean, np.random.default_rng(6), em_px=96))
    assert bad.dtype == np.uint8
    for seed in range(30):
        bad = degrade(clean, np.random.default_rng(seed), em_px=96)
        # 120 px at an em of 96 become 25 to 40 px at an em of 20 to 32, and up to 13 % more when turned by 7°
        assert min(bad.shape) >= 25 and max(bad.shape) <= 46


def test_each_fault_can_be_had_alone() -> None:
    clean = glyph("닭")
    nothing = {
        "em_px": (24, 24),
        "angle_deg": (0.0, 0.0),
        "blur_px": (0.0, 0.0),
        "ink": (0.0, 0.0),
        "paper": (255.0, 255.0),
        "noise": (0.0, 0.0),
        "jpeg_quality": (95, 95),
    }

    def with_(**faults: tuple[float, float]) -> np.ndarray:
        ranges = Degradation(**{**nothing, **faults})  # type: ignore[arg-type]
        return degrade(clean, np.random.default_rng(0), em_px=96, ranges=ranges).astype(float)

    small = with_()
    assert small.shape == (30, 30)
    reference = np.asarray(Image.fromarray(clean).resize((30, 30), Image.Resampling.BOX), dtype=float)
    assert np.abs(small - reference).mean() < 8
    assert np.std(with_(noise=(12.0, 12.0)) - small) == pytest.approx(12, rel=0.4)  # clipped on white paper
    assert with_(blur_px=(1.5, 1.5)).std() < 0.8 * small.std()
    assert with_(paper=(200.0, 200.0)).max() < 215
    assert with_(ink=(90.0, 90.0)).min() > 75
    assert np.abs(with_(jpeg_quality=(5, 5)) - small).mean() > 3
    assert with_(angle_deg=(7.0, 7.0)).shape[0] > 30
