"""How strongly training images are changed; every value with its reason beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AugmentationSettings:
    """Chances are per image, lengths in pixels of the 64-pixel square that the network reads.

    With `stroke_warp` False the glyph is only moved, scaled, turned and slanted as a whole.
    """

    # the hand: no two people put the jamo of a syllable in the same proportions
    stroke_warp: bool = True
    elastic_px: float = 1.9  # standard deviation of a 5×5 grid of displacements; 3 closes small counters
    proportion: float = 0.13  # how far the middle of a syllable moves, as a share of its size
    rotation_deg: float = 4.5  # standard deviation; pages are deskewed to less than that
    slant: float = 0.14  # standard deviation of the shear
    stretch: float = 0.12  # standard deviation of log(width / height)
    tremble_px: float = 0.6  # the same for a 9×9 grid: an unsteady stroke
    least_warp: float = 0.0  # each image has all of these times one number between these two:
    most_warp: float = 1.3  # neat print and fast, careless hands alike
    # the pen
    stroke_width: float = 0.45  # chance of thinner or thicker strokes
    thin_pen: float = 0.12  # chance that strokes are thinned to a share of their width: a ballpoint
    joined: float = 0.06  # chance that narrow gaps fill with ink, or thin strokes break
    lifted: float = (
        0.20  # chance that strokes are interrupted and the parts of a jamo moved: ㅌ as ㅡ over ㄷ
    )
    # the cut: how far the ink finder is off
    scale: float = 0.07  # standard deviation of log(size)
    shift_px: float = 1.6
    loose_cut: float = 0.05  # chance that specks made the box much too large
    # the surroundings
    neighbours: float = 0.07
    ruled_lines: float = 0.06
    clipped: float = 0.05
    # the picture
    bad_picture: float = (
        0.20  # low resolution, blur, noise and JPEG at once, as small type in a photo has them
    )
    low_resolution: float = 0.25
    min_size_px: int = 12  # long side of the ink of the smallest characters: hands at 20 px an em
    blur: float = 0.35
    noise: float = 0.30
    uneven_light: float = 0.15
    jpeg: float = 0.10
    through_reader: float = 0.15  # cut anew by the reader's own ink finder, with the errors it makes
    inverted: float = (
        0.03  # the ink finder takes the wrong tone for ink about this often on heavy tight crops
    )


PLAIN = AugmentationSettings(
    stroke_warp=False,
    rotation_deg=0.0,
    slant=0.0,
    stretch=0.0,
    stroke_width=0.0,
    thin_pen=0.0,
    joined=0.0,
    lifted=0.0,
    scale=0.0,
    shift_px=0.0,
    loose_cut=0.0,
    neighbours=0.0,
    ruled_lines=0.0,
    clipped=0.0,
    bad_picture=0.0,
    low_resolution=0.0,
    blur=0.0,
    noise=0.0,
    uneven_light=0.0,
    jpeg=0.0,
    through_reader=0.0,
    inverted=0.0,
)
"""The stored glyph, fitted as the reader fits it, and nothing else."""
