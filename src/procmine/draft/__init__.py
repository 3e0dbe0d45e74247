"""A first `study.yaml` for a folder of exports, each guess with its evidence; may use `study` and below.

Exports are opened (`opening`, with `charset` and `titles`; `series` says which files are one export, and `restated`
whether these state records again, of which then the last rows count), their columns looked at (`columns`, `times`), and
keys found by the values that exports share (`kinds`, `belonging`); then each column gets its part (`names`, `roles`),
and all of it is written with comments (`writing`, `yaml_text`).
"""

from procmine.draft.drafting import draft_study
from procmine.draft.yaml_text import MARK

__all__ = ["MARK", "draft_study"]
