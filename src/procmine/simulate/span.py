"""What is drawn by chance: lengths of time, and one of several things by their weights.

Only `Random.random` is used: it alone is promised to give the same numbers in later Pythons.
"""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

from procmine.simulate.hours import HOUR

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Span:
    """A length of working time, log-normal: `median` hours, and `spread`, the standard deviation of its logarithm.

    What is drawn is held between `least` and `most` hours: at least three minutes unless said otherwise, so that two
    steps of an order do not end at the same second.
    """

    median: float
    spread: float
    least: float = 0.05
    most: float = math.inf

    @property
    def mean(self) -> float:
        """The mean in hours, were it not held."""
        return self.median * math.exp(self.spread**2 / 2)

    def draw(self, random: Random, factor: float = 1.0) -> int:
        """So many seconds; the hours are multiplied by `factor` before they are held."""
        hours = self.median * math.exp(self.spread * _NORMAL.inv_cdf(max(random.random(), 1e-12))) * factor
        return round(min(max(hours, self.least), self.most) * HOUR)


def draw_place(bounds: Sequence[float], random: Random) -> int:
    """A place in a row of weights, drawn by them; `bounds` are their sums so far."""
    return min(bisect(bounds, random.random() * bounds[-1]), len(bounds) - 1)
