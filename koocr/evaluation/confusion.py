"""Which jamo are taken for which: confusion matrices of initials, medials and finals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from koocr.evaluation.metrics import syllable_indices
from koocr.evaluation.readings import IntArray, Readings
from koocr.hangul import FINALS, INITIALS, MEDIALS, split_index

__all__ = ["NO_FINAL", "JamoConfusion", "confusion_matrix", "jamo_confusions"]

NO_FINAL = "–"
"""How an absent final is labelled in tables and pictures."""


@dataclass(frozen=True)
class JamoConfusion:
    """One place of the syllable.

    Attributes:
        place: `initial`, `medial` or `final`.
        labels: the jamo of this place, in Unicode order, `NO_FINAL` for none.
        counts: (C, C) images that show row's jamo and were read as column's.
        num_unread: images whose answer was no syllable (a single jamo, or nothing); they are in no cell.
    """

    place: str
    labels: tuple[str, ...]
    counts: IntArray
    num_unread: int

    def worst_pairs(self, num: int) -> list[tuple[str, str, int]]:
        """The most frequent confusions: (true, read, count), the most frequent first, at most `num`."""
        errors = self.counts * ~np.eye(len(self.labels), dtype=bool)
        order = np.argsort(-errors, axis=None, kind="stable")[:num]
        cells = [divmod(int(cell), len(self.labels)) for cell in order]
        return [(self.labels[t], self.labels[r], int(errors[t, r])) for t, r in cells if errors[t, r]]


def confusion_matrix(truth: IntArray, read: IntArray, num_classes: int) -> IntArray:
    """Counts pairs: (C, C), row = true class, column = class read.

    Raises:
        ValueError: a class is not in 0 to `num_classes` - 1.
    """
    for name, values in (("truth", truth), ("read", read)):
        if values.size and (values.min() < 0 or values.max() >= num_classes):
            raise ValueError(f"{name} holds a class outside 0 to {num_classes - 1}")
    cells = np.bincount(truth * num_classes + read, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def jamo_confusions(readings: Readings) -> tuple[JamoConfusion, JamoConfusion, JamoConfusion]:
    """The confusions of initial (19), medial (21) and final (28) over all images that show a syllable."""
    truth, read = syllable_indices(readings.truth), syllable_indices(readings.read)
    is_syllable_image = truth >= 0
    is_counted = is_syllable_image & (read >= 0)
    num_unread = int((is_syllable_image & (read < 0)).sum())
    pairs = zip(split_index(truth[is_counted]), split_index(read[is_counted]), strict=True)
    (initial, medial, final) = pairs
    finals = (NO_FINAL, *FINALS[1:])
    return (
        JamoConfusion("initial", INITIALS, confusion_matrix(*initial, len(INITIALS)), num_unread),
        JamoConfusion("medial", MEDIALS, confusion_matrix(*medial, len(MEDIALS)), num_unread),
        JamoConfusion("final", finals, confusion_matrix(*final, len(finals)), num_unread),
    )
