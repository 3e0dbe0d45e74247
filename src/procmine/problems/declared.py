"""What is wrong with a mapping before any export is opened."""

from collections.abc import Iterator
from pathlib import Path

from procmine.assemble.mapping import StudyFile
from procmine.problems.problem import Problem


def unlinked(study: StudyFile, *, place: Path) -> Iterator[Problem]:
    """The kinds of keys that no chain of sources joins to the order's, so that their rows could belong to no order."""
    carried = [set(source.keys) for source in study.sources.values()]
    reached, size = {study.order}, 0
    while len(reached) > size:
        size = len(reached)
        for kinds in carried:
            if kinds & reached:
                reached |= kinds
    for kind in sorted(set[str]().union(*carried) - reached):
        names = [name for name, source in study.sources.items() if kind in source.keys]
        yield Problem(
            "unusable",
            f"{place}, sources",
            f"no source links the key {kind!r} (of {', '.join(names)}) to the order's key {study.order!r}",
            f"A source, such as a link table, whose keys name {kind!r} and {study.order!r} or a kind linked to it",
        )
