"""Syllables written with a pen that moves: no typeface has the short cuts that fast hands take."""

from koocr.data.synthesis.written.hand import Hand, sample_hand, unit_square, write, write_fitted

__all__ = ["Hand", "sample_hand", "unit_square", "write", "write_fitted"]
