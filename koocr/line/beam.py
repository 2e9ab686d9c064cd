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
    margin: float = 12.0
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
    for blank, symbols in _frames(scores, settings):
        search.step(blank, symbols)
    return search.hypotheses()


def _frames(scores: FrameScores, settings: BeamSettings) -> list[tuple[float, list[tuple[int, float]]]]:
    """Of each frame, the probabilities of the blank and of the symbols worth looking at."""
    blanks = np.exp(scores.blank.astype(np.float64))
    frames: list[tuple[float, list[tuple[int, float]]]] = [(blank, []) for blank in blanks.tolist()]
    (alive,) = np.nonzero(1 - blanks >= settings.min_probability)
    if len(alive):
        ids, logs = scores.top(settings.num_symbols, alive)
        probabilities = np.exp(logs.astype(np.float64))
        counts = (probabilities >= settings.min_probability).sum(axis=1)
        counts[(counts == 0) & (blanks[alive] < settings.min_probability)] = 1  # no dead ends
        rows = zip(alive.tolist(), ids.tolist(), probabilities.tolist(), counts.tolist(), strict=True)
        for frame, row, shares, count in rows:
            frames[frame][1].extend(zip(row[:count], shares, strict=False))
    return frames


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
        self._prior = prior
        self._reach = getattr(prior, "reach", -1)
        self._parents = [-1]
        self._last = [BLANK]
        self._children: dict[tuple[int, int], int] = {}
        self._log_priors = [0.0]
        self._bonuses = [0.0]  # what is added to a prefix's log-probability to rank it
        self._beam: dict[int, tuple[float, float]] = {_ROOT: (1.0, 0.0)}
        self._log_scale = 0.0

    def step(self, blank: float, symbols: Sequence[tuple[int, float]]) -> None:
        """Goes on by one frame; `symbols` come best first."""
        beam = self._beam
        if not symbols:  # all prefixes wait, and keep their ranks
            self._beam = {node: (sum(ends), 0.0) for node, ends in beam.items()}
            self._log_scale += math.log(blank)
            return
        shares = dict(symbols)
        grown: dict[int, tuple[float, float]] = {}
        for node, (with_blank, with_symbol) in beam.items():
            share = shares.get(self._last[node], 0.0)
            mass = with_symbol * share
            if share and self._parents[node] in beam:
                mass += share * self._before(self._parents[node], self._last[node])
            grown[node] = (with_blank + with_symbol) * blank, mass
        ranks = list(map(self._rank, grown.items()))
        floor = max(ranks) - self._settings.margin
        if len(ranks) >= self._settings.width:
            floor = max(floor, min(ranks))
        for node in beam:
            self._lengthen(node, symbols, grown, floor)
        self._keep_best(grown)

    def _lengthen(
        self,
        node: int,
        symbols: Sequence[tuple[int, float]],
        grown: dict[int, tuple[float, float]],
        floor: float,
    ) -> None:
        """Adds a prefix's continuations, but for those in hand and those that will rank below the floor."""
        most = max(self._settings.symbol_bonus, 0.0 if self._unweighed else -math.inf)
        best_bonus = self._bonuses[node] + most  # a prior can only take from it
        least = math.exp(min(floor - best_bonus, _MOST)) * (1 - 1e-9)
        for symbol, share in symbols:
            if share * sum(self._beam[node]) < least:
                break
            mass = share * self._before(node, symbol)
            if mass and mass >= least and self._children.get((node, symbol)) not in self._beam:
                grown[self._child(node, symbol)] = 0.0, mass

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
        if child is None:
            child = self._children[node, symbol] = len(self._parents)
            self._parents.append(node)
            self._last.append(symbol)
            log_prior = self._log_prior(node, symbol)
            bonus = 0.0 if symbol in self._unweighed else self._settings.symbol_bonus
            if self._lookalikes is not None:
                cost, seen = self._lookalikes.step(self._seen[node], self._last[node], symbol)
                self._seen.append(seen)
                bonus -= cost
            self._log_priors.append(self._log_priors[node] + log_prior)
            self._bonuses.append(self._bonuses[node] + self._settings.prior_weight * log_prior + bonus)
        return child

    def _log_prior(self, node: int, symbol: int) -> float:
        if self._prior is None or symbol in self._unweighed:
            return 0.0
        return max(self._prior.score(self._ids(node, self._reach), symbol), self._settings.least_prior)

    def _ids(self, node: int, reach: int = -1) -> tuple[int, ...]:
        """The symbols of a prefix; the last `reach` of them, if that is not negative."""
        ids: list[int] = []
        while node and len(ids) != reach:
            ids.append(self._last[node])
            node = self._parents[node]
        return tuple(reversed(ids))

    def _keep_best(self, beam: dict[int, tuple[float, float]]) -> None:
        """Keeps the best prefixes, and divides by the highest probability, so that nothing vanishes."""
        items = list(beam.items())
        ranks = list(map(self._rank, items))
        floor = max(ranks) - self._settings.margin
        if len(items) > self._settings.width:
            floor = max(floor, sorted(ranks)[-self._settings.width])
        items = [item for item, rank in zip(items, ranks, strict=True) if rank >= floor]
        if len(items) > self._settings.width:  # some at the floor are equal
            items = sorted(items, key=self._rank, reverse=True)[: self._settings.width]
        peak = max(sum(ends) for _, ends in items)
        if peak:
            items = [(node, (ends[0] / peak, ends[1] / peak)) for node, ends in items]
            self._log_scale += math.log(peak)
        self._beam = dict(items)

    def _rank(self, item: tuple[int, tuple[float, float]]) -> float:
        node, (with_blank, with_symbol) = item
        mass = with_blank + with_symbol
        return (math.log(mass) if mass else -math.inf) + self._bonuses[node]
