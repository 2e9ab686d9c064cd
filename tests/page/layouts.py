"""Pages as rectangles, laid out in the order in which they are read, so that the true order is known."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np


@dataclass
class Layout:
    """Units in the true order, (x0, y0, x1, y1) each, and rules (x0, y0, x1, y1)."""

    rng: np.random.Generator
    units: list = field(default_factory=list)
    rules: list = field(default_factory=list)

    def line(self, x, y, width, size):
        self.units.append((x, y - size / 2, x + width, y + size / 2))

    def paragraph(self, x, y, width, num_lines, *, size=20, pitch=32, indent=0, justified=True):
        """y is the middle of its first line; returns that of the line that would follow."""
        for number in range(num_lines):
            start = indent if number == 0 else 0
            full = width - start
            if number == num_lines - 1 and num_lines > 1:
                full *= self.rng.uniform(0.15, 1)
            elif not justified:
                full -= self.rng.uniform(0, 3) * size
            self.line(x + start, y, full, size)
            y += pitch
        return y

    def prose(self, x, y, width, num_lines, *, size=20, pitch=32, justified=True):
        """Paragraphs that are `num_lines` long together."""
        indent = self.rng.choice([0, size])
        gap = self.rng.choice([0, 0, 0.4]) * pitch
        while num_lines:
            count = min(num_lines, int(self.rng.integers(2, 9)))
            y = self.paragraph(x, y, width, count, size=size, pitch=pitch, indent=indent, justified=justified)
            y += gap
            num_lines -= count
        return y

    def questions(self, x, y, width, bottom, *, size=20, pitch=32):
        """Questions with choices down to `bottom`; those stand below, or beside, each other."""
        while y < bottom - 5 * pitch:
            y = self.paragraph(x, y, width, int(self.rng.integers(1, 4)), size=size, pitch=pitch)
            if self.rng.random() < 0.3:
                y = self.boxed(x, y, width, int(self.rng.integers(2, 6)), size=size, pitch=pitch)
            y = self.choices(x + size, y, width - size, size=size, pitch=pitch)
            y += self.rng.uniform(0.3, 2.5) * pitch
        return y

    def choices(self, x, y, width, *, size, pitch):
        beside = int(self.rng.choice([1, 2, 3, 5]))
        cell = width / beside
        for number in range(5):
            column = number % beside
            most = cell - 1.5 * size if beside > 1 else cell
            self.line(x + column * cell, y, max(2 * size, most * self.rng.uniform(0.3, 1)), size)
            if column == beside - 1 or number == 4:
                y += pitch
        return y

    def boxed(self, x, y, width, num_lines, *, size, pitch):
        top = y - 0.2 * pitch
        y = self.paragraph(x + size, y + 0.5 * pitch, width - 2 * size, num_lines, size=size, pitch=pitch)
        self.frame(x, top, x + width, y)
        return y + pitch

    def frame(self, x0, y0, x1, y1):
        self.rules += [(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)]

    def table(self, x, y, width, num_rows, num_columns, *, size=20, pitch=44, ruled=False, most_lines=1):
        """Cells with ragged texts; ruled ones may hold several lines."""
        shares = self.rng.dirichlet(np.full(num_columns, 8.0))
        edges = x + width * np.concatenate([[0], np.cumsum(shares)])
        align = self.rng.choice(["left", "centre", "right"], num_columns)
        top = y - pitch / 2
        tops = [top]
        for _ in range(num_rows):
            counts = self.rng.integers(1, most_lines + 1, num_columns)
            height = pitch + (counts.max() - 1) * 1.4 * size
            for column, count in enumerate(counts):
                room = edges[column + 1] - edges[column] - 1.5 * size
                for number in range(count):
                    wide = room if count > 1 and number < count - 1 else room * self.rng.uniform(0.25, 0.95)
                    left = edges[column] + 0.75 * size
                    left += {"left": 0, "centre": 0.5, "right": 1}[align[column]] * (room - wide)
                    middle = top + height / 2 + (number - (count - 1) / 2) * 1.4 * size
                    self.line(left, middle, wide, size)
            top += height
            tops.append(top)
        if ruled:
            self.rules += [(edges[0], line, edges[-1], line) for line in tops]
            self.rules += [(edge, tops[0], edge, tops[-1]) for edge in edges]
        return top + pitch

    def page(self, *, skew=0.0, jitter=0.0):
        """As detection would give it: shuffled quads, rules, and the place of each quad in the true order."""
        boxes = np.array(self.units, np.float64)
        boxes += self.rng.normal(0, 1, boxes.shape) * jitter * np.array([1, 0.5, 1, 0.5])
        x0, y0, x1, y1 = boxes.T
        quads = np.stack([x0, y0, x1, y0, x1, y1, x0, y1], 1).reshape(-1, 4, 2)
        rules = np.array(self.rules, np.float64).reshape(-1, 2, 2)
        angle = np.deg2rad(skew)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        places = self.rng.permutation(len(quads))
        return (quads @ turn)[places].astype(np.float32), (rules @ turn).astype(np.float32), places


def one_column(rng):
    made = Layout(rng)
    size, pitch, width, y = 20, float(rng.uniform(27, 44)), 900.0, 150.0
    made.line(120 + rng.uniform(0, 300), y, rng.uniform(200, 500), 34)
    y += 80
    for _ in range(rng.integers(3, 7)):
        if rng.random() < 0.5:
            made.line(120, y, rng.uniform(100, 400), 24)
            y += 50
        y = made.prose(120, y, width, int(rng.integers(3, 10)), size=size, pitch=pitch)
        y += rng.uniform(10, 40)
    made.line(550, y + 80, 30, 16)
    return made


def columns(rng, count):
    """Prose in columns, of equal or unequal pitch; headings across, sections, a foot."""
    made = Layout(rng)
    size, full, gap, y = 20, 1000.0, float(rng.uniform(30, 60)), 150.0
    width = (full - (count - 1) * gap) / count
    is_even, justified = rng.random() < 0.5, rng.random() < 0.7
    pitch = float(rng.uniform(27, 38))
    if rng.random() < 0.5:
        made.line(100, 60, 200, 16)
        made.line(950, 60, 150, 16)
    for section in range(rng.integers(1, 3)):
        if section or rng.random() < 0.7:
            made.line(100 + rng.uniform(0, 50), y, rng.uniform(0.6, 0.85) * full, 32)
            y += 70
        bottom = y
        for column in range(count):
            own = pitch if is_even else pitch * rng.uniform(0.9, 1.15)
            start = y if is_even else y + rng.uniform(-4, 4)
            last = column == count - 1
            lines = int(rng.integers(12, 30)) if not last else int(rng.integers(6, 28))
            x = 100 + column * (width + gap)
            bottom = max(
                bottom, made.prose(x, start, width, lines, size=size, pitch=own, justified=justified)
            )
        y = bottom + 60
    if rng.random() < 0.6:
        made.line(580, y + 60, 40, 16)
    return made


def exam(rng):
    made = Layout(rng)
    y, bottom = 200.0, 1600.0
    made.line(350, 100, 500, 40)
    for column in range(2):
        made.questions(100 + column * 530, y + rng.uniform(-3, 3), 470, bottom)
    if rng.random() < 0.5:
        made.rules.append((585, y, 585, bottom))
    made.line(590, bottom + 120, 30, 18)
    return made


def table_page(rng):
    made = Layout(rng)
    y = made.prose(100, 120, 1000, int(rng.integers(3, 8)))
    ruled = rng.random() < 0.5
    count = int(rng.integers(2, 6))
    y = made.table(
        100, y + 40, 1000, int(rng.integers(3, 14)), count, ruled=ruled, most_lines=3 if ruled else 1
    )
    made.prose(100, y + 40, 1000, int(rng.integers(3, 8)))
    return made


def receipt(rng):
    made = Layout(rng)
    made.line(250, 60, 150, 30)
    y = 120.0
    for _ in range(rng.integers(4, 16)):
        made.line(100, y, rng.uniform(60, 250), 20)
        if rng.random() < 0.7:
            made.line(380, y, 20, 20)
        wide = rng.uniform(50, 100)
        made.line(560 - wide, y, wide, 20)
        y += 30
    return made


def form(rng):
    made = Layout(rng)
    made.line(400, 80, 300, 36)
    y = 160.0
    for _ in range(rng.integers(4, 12)):
        made.line(100, y, rng.uniform(60, 120), 20)
        made.line(260, y, rng.uniform(60, 280), 20)
        if rng.random() < 0.6:
            made.line(600, y, rng.uniform(60, 120), 20)
            made.line(760, y, rng.uniform(60, 280), 20)
        y += 46
    return made


def list_page(rng):
    """Numbers apart from their texts, which hang."""
    made = Layout(rng)
    y = 120.0
    for _ in range(rng.integers(4, 12)):
        made.line(100, y, 22, 20)
        y = made.paragraph(170, y, 900, int(rng.integers(1, 5))) + rng.choice([0, 12])
    return made


def chat(rng):
    made = Layout(rng)
    y = 100.0
    for _ in range(rng.integers(4, 12)):
        is_own = rng.random() < 0.5
        wide = rng.uniform(100, 400)
        for _ in range(rng.integers(1, 4)):
            made.line(680 - wide if is_own else 60, y, wide, 22)
            y += 32
        y += 50
    return made


KINDS = {
    "one column": one_column,
    "two columns": lambda rng: columns(rng, 2),
    "three columns": lambda rng: columns(rng, 3),
    "exam": exam,
    "table": table_page,
    "receipt": receipt,
    "form": form,
    "list": list_page,
    "chat": chat,
}


def share_in_order(order, places):
    """The share of neighbouring pairs of the true order that are neighbours, in this order, in `order`."""
    rank = np.argsort(places)  # place in the true order → number of the quad
    after = dict(pairwise(order))
    pairs = list(pairwise(rank))
    return np.mean([after.get(first) == second for first, second in pairs]) if pairs else 1.0
