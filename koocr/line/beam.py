"""Prefix beam search: the likeliest texts of a line, each with all of its paths, and a prior if wanted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from koocr.errors import ConfigError
from koocr.line.lookalikes import Lookalikes
from koocr.line.scores import BLANK, FrameScores

__all__ = ["BeamSettings", "Hypothesis", "Prior", "beam_search", "check_count", "with_prior"]

_ROOT = 0
_USUAL_COST = 3.0
"""What a symbol of ordinary text costs under a prior, in nats."""
_MOST_SYMBOLS = 1 << 30
_MOST = 700.0
"""Powers of more are no doubles."""


class Prior(Protocol):
    """What is said of a text before the image is seen; `koocr.line.ngram.NGram` is one.

    A prior that looks back a few symbols only may say how many in an attribute `reach`, and is then given no
    more of a prefix when it scores a symbol: finding a whole prefix takes as long as the rest of the search.
    """

    def score(self, prefix: Sequence[int], symbol: int) -> float:
        """The logarithm of p(symbol | the symbols before it), at most 0."""

    def end(self, prefix: Sequence[int]) -> float:
        """The logarithm of p(the text ends here | its symbols)."""


@dataclass(frozen=True)
class BeamSettings:
    """How widely to search.

    Attributes:
        width: prefixes that are kept after each frame; 1 is a best path that sums as it goes.
        num_symbols: the best of each frame that prefixes are continued with.
        min_probability: symbols less likely in a frame aren't looked at there. Most frames are surely
            blank, so this is what makes the search fast.
        margin: prefixes that rank so many nats below the best are given up, however few are left. What a
            prior can still say of them is less: they differ from others in few of the symbols that count.
        prior_weight: what log p(text) of the prior is multiplied by; 0 switches it off. Below 1, since the
            network has learnt from text, too.
        symbol_bonus: added for each symbol, against a prior's love of short texts.
        least_prior: a symbol's log-probability under the prior counts as no less. So a word that no text has
            costs a little and not everything, and is still read where the picture is clear.
    """

    width: int = 10
    num_symbols: int = 10
    min_probability: float = 1e-3
    margin: float = 8.0
    prior_weight: float = 0.0
    symbol_bonus: float = 0.0
    least_prior: float = -7.5

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        for name in ("width", "num_symbols"):
            check_count(name, getattr(self, name))
        if not 0 <= self.min_probability < 1:
            raise ConfigError(f"min_probability is {self.min_probability!r}; give a number from 0 to below 1")
        if not self.margin > 0:
            raise ConfigError(f"margin is {self.margin!r}; give a number above 0")
        if not (math.isfinite(self.prior_weight) and self.prior_weight >= 0):
            raise ConfigError(f"prior_weight is {self.prior_weight!r}; give 0 or more")
        if not math.isfinite(self.symbol_bonus):
            raise ConfigError(f"symbol_bonus is {self.symbol_bonus!r}; give a finite number")
        if not self.least_prior < 0:
            raise ConfigError(f"least_prior is {self.least_prior!r}; give a number below 0")


def check_count(name: str, value: object) -> None:
    """Raises ConfigError unless a value is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ConfigError(f"{name} is {value!r}; give a whole number of at least 1")


def with_prior(weight: float = 0.5, *, width: int = 10) -> BeamSettings:
    """A search that leans on a prior, with a bonus for each symbol that goes with the prior's weight.

    Chosen on lines of the validation split: it takes a third off the errors in handwriting, and words drawn
    by chance from all syllables are read as well as without (see docs/lines.md).

    Args:
        weight: see `BeamSettings`.
        width: see `BeamSettings`.

    Raises:
        ConfigError: a value is out of range.
    """
    return BeamSettings(width=width, prior_weight=weight, symbol_bonus=_USUAL_COST * weight)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One text that a line may have.

    Attributes:
        ids: its symbols.
        log_probability: of the paths found that read as it, together.
        log_prior: of the text, its end included, no symbol below `least_prior`; 0 without a prior.
        score: what hypotheses are ranked by: log_probability + prior_weight·log_prior + symbol_bonus·symbols.
    """

    ids: tuple[int, ...]
    log_probability: float
    log_prior: float
    score: float


def beam_search(
    scores: FrameScores,
    settings: BeamSettings | None = None,
    *,
    prior: Prior | None = None,
    unweighed: frozenset[int] = frozenset(),
    lookalikes: Lookalikes | None = None,
) -> list[Hypothesis]:
    """Finds the likeliest texts of a line (Graves and Jaitly, 2014; Hannun et al., 2014, with a prior).

    With a width that no frame exceeds and nothing left out, the probabilities are exact.

    Args:
        scores: of the line.
        settings: how widely to search.
        prior: of texts; only asked when its weight is above 0.
        unweighed: symbols that neither the prior nor the bonus has a say in; they still are context.
        lookalikes: what symbols cost that their neighbours speak against; it counts as the prior's.

    Returns:
        Up to `width` texts, best first; one empty text for a line without frames.
    """
    settings = settings or BeamSettings()
    search = _Search(settings, prior if settings.prior_weight else None, unweighed, lookalikes)
    for stretch in _stretches(scores, settings):
        search.step(stretch)
    return search.hypotheses()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames that are surely blank, and one that isn't.

    Attributes:
        wait: the logarithm of the blank's probability in all that are surely blank; None if there are none.
        blank: its probability in the other frame.
        symbols: the symbols worth looking at there and their probabilities, best first; empty only behind
            the last such frame.
    """

    wait: float | None
    blank: float
    symbols: list[tuple[int, float]]


def _stretches(scores: FrameScores, settings: BeamSettings) -> list[_Stretch]:
    logs = scores.blank.astype(np.float64)
    blanks = np.exp(logs)
    (alive,) = np.nonzero(1 - blanks >= settings.min_probability)
    marks: list[list[tuple[int, float]]] = []
    if len(alive):
        ids, symbol_logs = scores.top(settings.num_symbols, alive)
        probabilities = np.exp(symbol_logs.astype(np.float64))
        counts = (probabilities >= settings.min_probability).sum(axis=1)
        counts[(counts == 0) & (blanks[alive] < settings.min_probability)] = 1  # no dead ends
        alive, ids, probabilities, counts = (each[counts > 0] for each in (alive, ids, probabilities, counts))
        rows = zip(ids.tolist(), probabilities.tolist(), counts.tolist(), strict=True)
        marks = [list(zip(row[:count], shares, strict=False)) for row, shares, count in rows]
    sums = np.concatenate([[0.0], np.cumsum(logs)])
    starts, stops = np.append(0, alive + 1), np.append(alive, len(logs))
    totals = zip((sums[stops] - sums[starts]).tolist(), (starts < stops).tolist(), strict=True)
    waits = [total if is_any else None for total, is_any in totals]
    found = zip(waits, [*blanks[alive].tolist(), 1.0], [*marks, []], strict=True)
    return [_Stretch(*stretch) for stretch in found]


class _Search:
    """The prefixes in hand.

    Prefixes are nodes of a tree, so that two ways to the same prefix meet. Each has the probabilities of its
    paths that end in a blank and of those that end in its last symbol, divided by a factor common to all.
    """

    def __init__(
        self,
        settings: BeamSettings,
        prior: Prior | None,
        unweighed: frozenset[int],
        lookalikes: Lookalikes | None,
    ) -> None:
        self._settings = settings
        self._lookalikes = lookalikes
        self._seen = [0]
        self._unweighed = unweighed
        self._best_bonus = max(settings.symbol_bonus, 0.0 if unweighed else -math.inf)
        self._prior = prior
        reach = getattr(prior, "reach", None)
        self._first = None if reach is None else -reach or _MOST_SYMBOLS
        self._recent: list[tuple[int, ...]] = [()]  # as far as the prior looks back
        self._parents = [-1]
        self._last = [BLANK]
        self._children: dict[tuple[int, int], int] = {}
        self._log_priors = [0.0]
        self._bonuses = [0.0]  # what is added to a prefix's log-probability to rank it
        self._beam: dict[int, tuple[float, float]] = {_ROOT: (1.0, 0.0)}
        self._log_scale = 0.0

    def step(self, stretch: _Stretch) -> None:
        """Goes on by some frames."""
        if stretch.wait is not None:  # all prefixes wait, and keep their ranks
            self._beam = {node: (sum(ends), 0.0) for node, ends in self._beam.items()}
            self._log_scale += stretch.wait
        if not stretch.symbols:
            return
        beam, bonuses = self._beam, self._bonuses
        shares = dict(stretch.symbols)
        grown: dict[int, tuple[float, float]] = {}
        ranks: dict[int, float] = {}
        for node, (with_blank, with_symbol) in beam.items():
            mass = 0.0
            share = shares.get(self._last[node])
            if share is not None:
                mass = with_symbol * share
                if self._parents[node] in beam:
                    mass += share * self._before(self._parents[node], self._last[node])
            waiting = (with_blank + with_symbol) * stretch.blank
            grown[node] = waiting, mass
            mass += waiting
            ranks[node] = (math.log(mass) if mass else -math.inf) + bonuses[node]
        floor = max(ranks.values()) - self._settings.margin
        if len(ranks) >= self._settings.width:
            floor = max(floor, min(ranks.values()))
        for node in beam:
            self._lengthen(node, stretch.symbols, grown, ranks, floor)
        self._keep_best(grown, ranks)

    def _lengthen(
        self,
        node: int,
        symbols: Sequence[tuple[int, float]],
        grown: dict[int, tuple[float, float]],
        ranks: dict[int, float],
        floor: float,
    ) -> None:
        """Adds a prefix's continuations, but for those in hand and those that will rank below the floor."""
        best_bonus = self._bonuses[node] + self._best_bonus  # a prior can only take from it
        least = math.exp(min(floor - best_bonus, _MOST)) * (1 - 1e-9)
        with_blank, with_symbol = self._beam[node]
        both, last = with_blank + with_symbol, self._last[node]
        for symbol, share in symbols:
            mass = share * both
            if mass < least:
                break
            if symbol == last:  # not itself without a blank
                mass = share * with_blank
            if mass and mass >= least and self._children.get((node, symbol)) not in self._beam:
                child = self._child(node, symbol)
                grown[child] = 0.0, mass
                ranks[child] = math.log(mass) + self._bonuses[child]

    def _before(self, node: int, symbol: int) -> float:
        """The probability of a prefix's paths that a new symbol may follow: not itself without a blank."""
        with_blank, with_symbol = self._beam[node]
        return with_blank if symbol == self._last[node] else with_blank + with_symbol

    def hypotheses(self) -> list[Hypothesis]:
        """The texts, best first."""
        found = [self._hypothesis(node, sum(ends)) for node, ends in self._beam.items() if sum(ends)]
        return sorted(found, key=lambda hypothesis: (-hypothesis.score, hypothesis.ids))

    def _hypothesis(self, node: int, mass: float) -> Hypothesis:
        ids = self._ids(node)
        log_probability = math.log(mass) + self._log_scale
        log_prior = self._log_priors[node]
        end = max(self._prior.end(ids), self._settings.least_prior) if self._prior else 0.0
        score = log_probability + self._bonuses[node] + self._settings.prior_weight * end
        return Hypothesis(ids, log_probability, log_prior + end, score)

    def _child(self, node: int, symbol: int) -> int:
        child = self._children.get((node, symbol))
        if child is not None:
            return child
        child = self._children[node, symbol] = len(self._parents)
        settings, recent = self._settings, self._recent[node]
        log_prior = bonus = 0.0
        if symbol not in self._unweighed:
            bonus = settings.symbol_bonus
            if self._prior is not None:
                log_prior = max(self._prior.score(recent, symbol), settings.least_prior)
        if self._lookalikes is not None:
            cost, seen = self._lookalikes.step(self._seen[node], self._last[node], symbol)
            self._seen.append(seen)
            bonus -= cost
        self._parents.append(node)
        self._last.append(symbol)
        self._recent.append((*recent, symbol)[self._first :])
        self._log_priors.append(self._log_priors[node] + log_prior)
        self._bonuses.append(self._bonuses[node] + settings.prior_weight * log_prior + bonus)
        return child

    def _ids(self, node: int) -> tuple[int, ...]:
        """The symbols of a prefix."""
        ids: list[int] = []
        while node:
            ids.append(self._last[node])
            node = self._parents[node]
        return tuple(reversed(ids))

    def _keep_best(self, beam: dict[int, tuple[float, float]], ranks: dict[int, float]) -> None:
        """Keeps the best prefixes, and divides by the highest probability, so that nothing vanishes."""
        width = self._settings.width
        floor = max(ranks.values()) - self._settings.margin
        if len(ranks) > width:
            floor = max(floor, sorted(ranks.values())[-width])
        nodes = [node for node, rank in ranks.items() if rank >= floor]
        if len(nodes) > width:  # some at the floor are equal
            nodes = sorted(nodes, key=ranks.__getitem__, reverse=True)[:width]
        peak = max(sum(beam[node]) for node in nodes)
        if peak:
            self._beam = {node: (beam[node][0] / peak, beam[node][1] / peak) for node in nodes}
            self._log_scale += math.log(peak)
        else:
            self._beam = {node: beam[node] for node in nodes}
