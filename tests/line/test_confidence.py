"""Confidences against sums over all strings of frames between two neighbours."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.line.confidence import alternatives
from koocr.line.decode import PlacedSymbol, align, best_path
from koocr.line.scores import frame_scores
from tests.line.line_oracles import all_probabilities, collapse, factorised, plain


def between(table: np.ndarray, path: tuple[PlacedSymbol, ...], place: int) -> dict[tuple[int, ...], float]:
    """Every text between two neighbours' peaks with its probability, the peaks being theirs.

    The frames between are filled in all ways; with the peaks at both ends they are collapsed, and the two
    neighbours taken off.
    """
    first = path[place - 1] if place else None
    last = path[place + 1] if place + 1 < len(path) else None
    start = first.peak + 1 if first else 0
    stop = last.peak if last else len(table)
    sums: dict[tuple[int, ...], float] = {}
    for fill in product(range(table.shape[1]), repeat=stop - start):
        whole = ((first.id + 1,) if first else ()) + fill + ((last.id + 1,) if last else ())
        text = collapse(whole)
        inner = text[1 if first else 0 : len(text) - 1 if last else len(text)]
        if first and last and text == (first.id,) and first.id == last.id:
            continue  # the neighbours have become one: no text between them
        share = float(np.prod(table[np.arange(start, stop), fill])) if fill else 1.0
        sums[inner] = sums.get(inner, 0.0) + share
    return sums


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([1.0, 3.0]))
def test_they_are_sums_over_all_ways_to_fill_the_stretch(seed: int, steps: int, scale: float) -> None:
    outputs = plain(steps, scale=scale, seed=seed)
    table, scores = all_probabilities(outputs), frame_scores(outputs)
    path = best_path(scores)
    found = alternatives(scores, path, n=3)
    for place, symbol in enumerate(path):
        sums = between(table, path, place)
        assert found.confidence[place] == pytest.approx(sums.get((symbol.id,), 0.0), rel=1e-4, abs=1e-9)
        expected = {number: sums.get((number,), 0.0) for number in range(3)}
        got = dict(zip(found.ids[place].tolist(), found.probabilities[place].tolist(), strict=True))
        assert got == pytest.approx(expected, rel=1e-4, abs=1e-9)
        assert (np.diff(found.probabilities[place]) <= 0).all()


def test_a_symbol_that_two_frames_share_is_as_sure_as_both() -> None:
    """Even with the blank in two frames: three of the four paths read as the symbol."""
    half = np.log(np.array([[0.5, 0.5 - 1e-9, 1e-9]] * 2)).astype(np.float32)
    scores = frame_scores({"symbol": half})
    path = align(scores, [0])
    assert alternatives(scores, path, n=1).confidence[0] == pytest.approx(0.75, abs=1e-5)


def test_what_a_prior_chose_is_among_the_alternatives() -> None:
    outputs = plain(6, symbols=9, scale=3.0, seed=2)
    scores = frame_scores(outputs)
    table = all_probabilities(outputs)
    unlikely = int(table[:, 1:].sum(0).argmin())
    found = alternatives(scores, align(scores, [unlikely]), n=2)
    assert unlikely in found.ids[0]
    assert found.probabilities[0].tolist() == sorted(found.probabilities[0].tolist(), reverse=True)


def test_factorised_alternatives_are_syllables_that_share_jamo() -> None:
    """각 or 간, 0.7 to 0.3: finals 1 and 4, the rest sure."""
    outputs = factorised(3, scale=0.01)
    outputs["kind"][:, 0] += [20, 0, 20]
    outputs["kind"][1, 1] += 20
    outputs["initial"][1, 0] += 20
    outputs["medial"][1, 0, 0] += 20
    outputs["final"][1, 0] -= 30
    outputs["final"][1, 0, [1, 4]] = np.log([0.7, 0.3])
    scores = frame_scores(outputs)
    found = alternatives(scores, best_path(scores), n=2)
    assert found.ids.tolist() == [[1, 4]]
    assert found.probabilities[0] == pytest.approx([0.7, 0.3], abs=1e-4)


def test_fewer_symbols_than_wanted_are_all_there_are() -> None:
    outputs = plain(5, symbols=2, scale=4.0, seed=3)
    scores = frame_scores(outputs)
    path = best_path(scores)
    found = alternatives(scores, path, n=9)
    assert path and found.ids.shape == (len(path), 2)
    assert {tuple(sorted(row)) for row in found.ids.tolist()} == {(0, 1)}


def test_an_empty_line_has_none() -> None:
    scores = frame_scores({"symbol": np.array([[9, 0, 0]], np.float32)})
    found = alternatives(scores, (), n=4)
    assert len(found.confidence) == 0 and found.ids.shape == found.probabilities.shape == (0, 4)
