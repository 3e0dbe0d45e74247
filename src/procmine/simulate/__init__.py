"""Order flows with planted faults, written as the raw exports of several systems; depends on `errors` only."""

from procmine.simulate.writing import simulate

__all__ = ["simulate"]
