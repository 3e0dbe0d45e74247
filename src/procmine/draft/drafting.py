"""From a folder of exports to the draft of a study."""

import math
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from procmine import engine
from procmine.draft.belonging import Belonging, belongings, distances, order_kind
from procmine.draft.columns import Column, columns_of
from procmine.draft.kinds import Kind, Overlap, kinds_of
from procmine.draft.opening import Export, exports_in
from procmine.draft.roles import roles_of
from procmine.draft.writing import SourceGuess, study_text
from procmine.draft.yaml_text import MARK
from procmine.errors import StudyError
from procmine.project import EVENTLOGS, EXPORTS, STUDY_FILE, project_root


def draft_study(folder: str | os.PathLike[str], *, out: str | os.PathLike[str] | None = None) -> Path:
    """Write a first `study.yaml` for the exports in `folder`, and return its path.

    `folder` is a folder `exports` or one that has such a folder: then the file is written beside `exports`. Otherwise
    the study is made in `out`, by default a folder of the same name under `eventlogs/`, with a link `exports` to
    `folder`. The exports themselves are not touched, and nothing that is there is written over.

    What the exports cannot say is marked with `MARK`, and where a value is needed stands in its place, so that checking
    the study names exactly those lines. Text files of over 64 MiB are judged by their beginning.

    Errors: `StudyError` where `folder` is none, holds no export that can be read, or a study is there already.
    """
    exports, target = _places(Path(folder), None if out is None else Path(out))
    if (target / STUDY_FILE).exists():
        raise StudyError("there is a study already", where=target / STUDY_FILE, expected="Move it away, or give --out")
    with engine.Scratch() as scratch:
        found, refused = exports_in(exports, scratch)
        if not found:
            reasons = "; ".join(str(error) for error in refused) or "it is empty"
            raise StudyError(
                f"no export that can be read ({reasons})", where=exports, expected="Files such as .csv, .xlsx"
            )
        text = study_text(target.resolve().name, *_guess(found, scratch), refused)
    _write(text, target, exports)
    return target / STUDY_FILE


def _places(folder: Path, out: Path | None) -> tuple[Path, Path]:
    """The folder of the exports, and that of the study."""
    if not folder.is_dir():
        found = "this is no folder" if folder.exists() else "there is no such folder"
        raise StudyError(found, where=folder, expected="A folder with exports")
    if (folder / EXPORTS).is_dir():
        folder = folder / EXPORTS
    if out is not None:
        return folder, out
    if folder.name == EXPORTS or folder.resolve().name == EXPORTS:
        return folder, folder.parent if folder.name == EXPORTS else folder.resolve().parent
    return folder, project_root() / EVENTLOGS / folder.resolve().name


def _guess(exports: Sequence[Export], scratch: engine.Scratch) -> tuple[tuple[str, str] | None, list[SourceGuess]]:
    columns = [columns_of(export.rows, export.columns) for export in exports]
    kinds, overlaps = kinds_of(exports, columns, scratch)
    order = order_kind(kinds, columns)
    away = {} if order is None else distances(order, kinds)
    belonging = belongings(exports, kinds, away)
    kinds = [kind for kind in kinds if not _is_attribute(kind, belonging)]
    belonging = belongings(exports, kinds, away)
    names = _source_names(exports)
    sources = []
    for number, export in enumerate(exports):
        keys = {kind.name: kind.columns[number] for kind in kinds if number in kind.columns}
        evidence = {
            kind: _evidence(columns[number][column], overlaps.get((number, column)), names, order, kind in away)
            for kind, column in keys.items()
        }
        known = belonging.get(number, Belonging())
        many = [keys[kind] for kind in known.many]
        roles = roles_of(export, columns[number], keys.values(), many=many)
        sources.append(SourceGuess(names[number], export, columns[number], keys, evidence, known, roles))
    return None if order is None else (order.name, _why(order, columns)), sources


def _is_attribute(kind: Kind, belonging: Mapping[int, Belonging]) -> bool:
    """Whether orders share the keys of a kind that one export alone has, so that it leads to nothing."""
    (number, *others) = kind.columns
    return not others and kind.name in belonging[number].shared


def _evidence(
    column: Column, overlap: Overlap | None, names: Sequence[str], order: Kind | None, is_linked: bool
) -> str:
    filled = "" if column.filled == column.rows else f" in {column.filled:,} of {column.rows:,} rows"
    told = f"{column.distinct:,} values{filled}"
    if overlap is not None:
        number, name = overlap.other
        told += f", {math.floor(100 * overlap.share)}% of them are in {names[number]}.{name}"
    if order is not None and not is_linked:
        told += f"; {MARK}: nothing links it to {order.name}, add a source that has both"
    return told


def _why(order: Kind, columns: Sequence[Mapping[str, Column]]) -> str:
    values = max(columns[number][name].distinct for number, name in order.columns.items())
    return f"in {len(order.columns)} of {len(columns)} exports; {values:,} values"


def _source_names(exports: Sequence[Export]) -> list[str]:
    names: list[str] = []
    for export in exports:
        part = str(export.given.get("sheet") or export.given.get("table") or "")
        *folders, file = Path(export.file).parts
        name = next(filter(None, (_plain(f"{stem}_{part}") for stem in (file.split(".")[0], *folders[::-1]))), "export")
        number = 1
        while (unique := name if number == 1 else f"{name}_{number}") in names:
            number += 1
        names.append(unique)
    return names


def _plain(text: str) -> str:
    """`text` without signs that a name has not: of ``orders_*_May`` orders_May."""
    return re.sub(r"[\W_]+", "_", text).strip("_")


def _write(text: str, target: Path, exports: Path) -> None:
    """Write the file when all of it is there; the link to the exports first, where they are elsewhere."""
    link = target / EXPORTS
    try:
        target.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(os.path.relpath(exports.resolve(), target.resolve()), target_is_directory=True)
        elif not link.samefile(exports):
            raise StudyError("there are other exports already", where=link, expected=f"Draft the study for {link}")
        with tempfile.NamedTemporaryFile("w", dir=target, encoding="utf-8", suffix=".part", delete=False) as file:
            file.write(text)
        os.link(file.name, target / STUDY_FILE)
        Path(file.name).unlink()
    except OSError as error:
        raise StudyError(
            f"it cannot be written: {error.strerror}",
            where=target,
            expected=f"Put the exports into a folder {EXPORTS}/ of a study's folder, and draft that",
        ) from error
