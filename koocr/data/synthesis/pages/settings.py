"""How pages are drawn; every value with its reason beside it.

Shares may have any scale; chances are per page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from koocr.errors import ConfigError

__all__ = ["KindShares", "PageSettings", "PhotoSettings", "ScanSettings"]


def _chance(value: float) -> Any:
    return field(default=value, metadata={"is_chance": True})


class _Checked:
    """Settings whose chances are looked at."""

    def __post_init__(self) -> None:
        """Raises ConfigError on a chance that is none."""
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if item.metadata.get("is_chance") and not 0 <= value <= 1:
                raise ConfigError(f"the chance {item.name} is {value}; give a number from 0 to 1")


@dataclass(frozen=True)
class KindShares:
    """How often each kind of page comes."""

    document: float = 0.32  # what most people read: the other kinds are learnt for their surprises
    exam: float = 0.12  # the real scans that readers are measured on
    table: float = 0.09
    form: float = 0.06
    receipt: float = 0.06
    chat: float = 0.07
    screen: float = 0.05
    slide: float = 0.06
    sign: float = 0.08
    illustrated: float = 0.07  # text around pictures
    clutter: float = 0.03  # no text at all

    @classmethod
    def only(cls, *kinds: str) -> KindShares:
        """These kinds, equally often.

        Raises:
            ConfigError: there is no such kind.
        """
        names = [item.name for item in fields(cls)]
        for kind in kinds:
            if kind not in names:
                raise ConfigError(f"there is no kind of page {kind!r}; there are {', '.join(names)}")
        return cls(**{name: float(name in kinds) for name in names})


@dataclass(frozen=True)
class ScanSettings(_Checked):
    """What scanners and copiers do."""

    skew_deg: float = 1.3  # spread; most pages lie nearly straight
    most_skew_deg: float = 4.0
    rare_skew: float = _chance(0.04)  # of more than that
    rare_skew_deg: float = 9.0
    gutter: float = _chance(0.25)  # the shadow where a book is bound
    edges: float = _chance(0.20)  # dark rims where the lid did not cover
    show_through: float = _chance(0.30)
    uneven: float = _chance(0.4)  # light and paper, slightly
    holes: float = _chance(0.12)
    specks: float = _chance(0.40)
    noise: float = _chance(0.50)
    most_noise: float = 14.0  # grey levels
    blur: float = _chance(0.60)
    most_blur_em: float = 0.05  # of the text's em
    two_tones: float = _chance(0.22)
    jpeg: float = _chance(0.50)
    neighbour: float = _chance(0.12)  # the edge of the page beside it


@dataclass(frozen=True)
class PhotoSettings(_Checked):
    """What phones do."""

    margin: float = 0.10  # of the page's size that the table takes at most on a side
    cropped: float = _chance(0.35)  # the page fills the picture, and beyond
    perspective: float = 0.07  # how far corners stray, in shares of the size
    turn_deg: float = 4.0  # spread
    curl: float = _chance(0.45)
    curl_size: float = 0.012  # of the height
    light: float = _chance(0.90)
    blur: float = _chance(0.70)
    most_blur_em: float = 0.07
    noise: float = _chance(0.80)
    most_noise: float = 12.0
    jpeg: float = _chance(0.90)


@dataclass(frozen=True)
class PageSettings(_Checked):
    """All of them."""

    kinds: KindShares = KindShares()
    columns: tuple[int, ...] = (1, 1, 1, 2, 2, 3)  # of documents, equally often
    # how a page came to be a picture, any scale; what is seen on screens is never scanned
    clean_share: float = 0.36
    scan_share: float = 0.34
    photo_share: float = 0.30
    # from low to high, and how often: mostly what scanners and phones make of an A4 page
    dpi: tuple[tuple[float, float, float], ...] = ((60, 100, 0.2), (100, 200, 0.7), (200, 400, 0.1))
    most_pixels: int = 4_000_000  # larger sheets are cut down: they cost time and teach nothing new
    is_print: bool = False  # no handwriting
    dark: float = _chance(0.07)  # light on dark
    cut: float = _chance(0.12)  # a part of a page alone, which ends in the middle of lines
    stamped: float = _chance(0.06)  # or signed, over the text
    scan: ScanSettings = ScanSettings()
    photo: PhotoSettings = PhotoSettings()

    @classmethod
    def clean(cls, *, columns: int = 1, dpi: float = 150.0) -> PageSettings:
        """Printed documents in so many columns as a program renders them: to measure the order of reading."""
        return cls(
            kinds=KindShares.only("document"),
            columns=(columns,),
            clean_share=1.0,
            scan_share=0.0,
            photo_share=0.0,
            dpi=((dpi, dpi, 1.0),),
            is_print=True,
            dark=0.0,
            stamped=0.0,
            cut=0.0,
        )

    @classmethod
    def scanned(cls, *, columns: int = 1, dpi: float = 150.0) -> PageSettings:
        """The same pages, printed and scanned."""
        return replace(cls.clean(columns=columns, dpi=dpi), clean_share=0.0, scan_share=1.0)

    @classmethod
    def photographed(cls, *, columns: int = 1, dpi: float = 150.0) -> PageSettings:
        """The same pages, printed and photographed."""
        return replace(cls.clean(columns=columns, dpi=dpi), clean_share=0.0, photo_share=1.0)
