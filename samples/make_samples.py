"""Makes the sample images: `python samples/make_samples.py FONTS HANDWRITING` (folders: docs/data.md).

Drawn from faces and cut from hands that koocr was not trained on; sources and licences: README.md here. The
page is printed by Chromium (`apt install chromium`) and then photographed; without it, it stays as it is.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.data.faces import load_faces
from koocr.data.handwriting import load_handwriting

HERE = Path(__file__).parent
DRAWN = {
    "바탕-훑.png": ("gowun-batang", "훑", 72, 12, 20, 245),
    "흰글씨-밟.png": ("ibm-plex-sans-kr", "밟", 64, 10, 240, 40),
    "펜글씨-왜.png": ("nanum-pen", "왜", 90, 16, 40, 235),
    "붓글씨-꿈.png": ("east-sea-dokdo", "꿈", 96, 14, 30, 250),
    "낱자-ㅎ.png": ("song-myung", "ㅎ", 64, 14, 15, 250),
}
LINES = {
    "본문.png": ("gowun-batang", "훑어보니 책값은 13,500원(15% 할인)이었다.", 40, 15, 250),
    "흰 글줄.png": ("ibm-plex-sans-kr", "2026년 11월 20일 금요일, 서울 → 부산", 36, 240, 40),
    "손글씨.png": ("nanum-pen", "오늘은 비가 와서 집에서 책을 읽었다.", 56, 40, 240),
    "낯선 음절.png": ("baekmuk-gulim", "뷁 쀍 휅 햏 낱말이 아니어도 읽는다!", 40, 20, 245),
}
PAGE = "소식지"
PAGE_FACES = ("gowun-batang", "ibm-plex-sans-kr")
PAGE_SIZE = (1240, 1440)


def main(fonts: str, handwriting: str) -> None:
    """Writes every sample into this folder."""
    faces = {face.id: face for face in load_faces(fonts)}
    for name, (face, text, size_px, margin, ink, paper) in DRAWN.items():
        font = faces[face].open(size_px)
        left, top, right, bottom = font.getbbox(text)
        image = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin), paper)
        ImageDraw.Draw(image).text((margin - left, margin - top), text, fill=ink, font=font)
        image.save(HERE / name, optimize=True)
    hand = load_handwriting(Path(handwriting) / "hhr-004.zip")
    for label in "값숲":
        Image.fromarray(hand.images[hand.labels.index(label)]).save(
            HERE / f"손글씨-{label}.png", optimize=True
        )
    photographed(Image.open(HERE / "바탕-훑.png")).save(HERE / "사진-훑.jpg", quality=60)
    for name, (face, text, size_px, ink, paper) in LINES.items():
        image = drawn_line(faces[face].open(size_px), text, ink, paper)
        image.save(HERE / "lines" / name, optimize=True)
    photographed_line(Image.open(HERE / "lines" / "본문.png")).save(
        HERE / "lines" / "사진.jpg", quality=60, optimize=True
    )
    chromium = shutil.which("chromium")
    if chromium:
        page = printed_page(chromium, [faces[face].path for face in PAGE_FACES])
        photographed_page(page).save(HERE / "pages" / f"{PAGE}.jpg", quality=72, optimize=True)


def printed_page(chromium: str, faces: list[Path]) -> Image.Image:
    """The page as it comes from a printer."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (HERE / "pages" / f"{PAGE}.html", *faces):
            shutil.copy(path, folder)
        across, down = PAGE_SIZE
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [
            f"--window-size={across},{down}",
            f"--screenshot={folder}/page.png",
            f"{folder}/{PAGE}.html",
        ]
        subprocess.run(command, check=True, capture_output=True)
        return Image.open(f"{folder}/page.png").convert("RGB")


def photographed_page(page: Image.Image) -> Image.Image:
    """As a phone sees a page that lies on a table: from aside, half in a shadow, a little soft and grainy."""
    rng = np.random.default_rng(9)
    size = (1360, 1600)
    grain = cv2.resize(
        rng.normal(0, 14, (size[1], 60)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC
    )
    table = np.array([92, 66, 44], np.float32) + grain[..., None]  # planks
    corners = np.array([(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)], np.float32)
    seen = np.array([(96, 92), (1254, 52), (1316, 1540), (44, 1508)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    sheet = cv2.warpPerspective(np.asarray(page, np.float32), matrix, size, flags=cv2.INTER_AREA)
    is_sheet = cv2.warpPerspective(np.ones((page.height, page.width), np.float32), matrix, size)[..., None]
    picture = sheet + table * (1 - is_sheet)
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    light = 1.0 - 0.28 / (
        1 + np.exp((columns - 0.35 * rows - 560) / 90)
    )  # an arm's shadow, falling from the left
    picture = cv2.GaussianBlur(picture * (light * (1.02 - 1e-4 * rows))[..., None], (0, 0), 0.8)
    picture = picture * np.array([1.0, 0.985, 0.94], np.float32) + rng.normal(
        0, 5, picture.shape
    )  # a warm lamp
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def drawn_line(font: ImageFont.FreeTypeFont, text: str, ink: int, paper: int) -> Image.Image:
    """A line with a little paper around it."""
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (round(right - left) + 24, round(bottom - top) + 20), paper)
    ImageDraw.Draw(image).text((12 - left, 10 - top), text, fill=ink, font=font)
    return image


def photographed_line(image: Image.Image) -> Image.Image:
    """Small, a little askew, blurred, with a shadow and grain."""
    rng = np.random.default_rng(8)
    turned = image.rotate(1, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=250)
    small = turned.resize((round(turned.width * 0.7), round(turned.height * 0.7)))
    array = cv2.GaussianBlur(np.asarray(small, np.float32), (0, 0), 0.7)
    array *= np.linspace(1.0, 0.6, array.shape[1])[None, :]
    return Image.fromarray(np.clip(array + rng.normal(0, 6, array.shape), 0, 255).astype(np.uint8))


def photographed(image: Image.Image) -> Image.Image:
    """As a phone's camera might see it: turned a little, small, blurred, half in shadow, grainy."""
    rng = np.random.default_rng(7)
    turned = image.rotate(5, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=245).resize((44, 44))
    array = cv2.GaussianBlur(np.asarray(turned, np.float32), (0, 0), 0.8)
    array *= np.linspace(1.0, 0.55, 44)[None, :]
    noisy = np.clip(array + rng.normal(0, 7, array.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=60)
    return Image.open(buffer)


if __name__ == "__main__":
    main(*sys.argv[1:])
