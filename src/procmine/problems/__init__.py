"""All that is wrong with a study, at once. May use everything but `cli`."""

from procmine.problems.all_problems import study_problems
from procmine.problems.problem import Harm, Problem

__all__ = ["Harm", "Problem", "study_problems"]
