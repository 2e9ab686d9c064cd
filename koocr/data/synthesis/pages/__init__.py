"""Draws pages for training and measuring detection and the order of reading.

The way of a page: a kind (`kinds`: documents, exams) lays out a `sheet` as data, with what a `desk` offers;
`painting` makes a picture of it and says where each text is; `scans` or `photos` do to both what
happens to paper. `stream` tells that story; start reading there. Everything is a function of a seed.
"""

from koocr.data.synthesis.pages.settings import KindShares, PageSettings
from koocr.data.synthesis.pages.stream import DrawnPage, PageStream, PageUnit
from koocr.data.synthesis.pages.types import TypePool

__all__ = ["DrawnPage", "KindShares", "PageSettings", "PageStream", "PageUnit", "TypePool"]
