"""Pseudonyms: the same person is recognised again in a report, but not known by name.

A pseudonym is a keyed hash (HMAC-SHA256) of the name: without the key it can neither be turned back nor be checked
against a guessed name. Equal names have equal pseudonyms, in every column and every study, as long as the key stays.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError, ProcmineError, nearest
from procmine.project import OUTPUTS, project_root
from procmine.schema import require_log
from procmine.study import Study

Names = Literal["pseudonyms", "plain"]
KEY_VARIABLE = "PROCMINE_PSEUDONYM_KEY"
KEY_FILE = ".pseudonym-key"
SHORTEST_KEY = 16
"""Bytes: a key that can be guessed hides nobody."""
_SHORT = 8
"""Characters of a pseudonym, of 5 bits each; of 10,000 people, two share that many with a chance of 1 in 20,000."""


def pseudonymise(log: Table, columns: Sequence[str], *, key: bytes) -> Table:
    """`log` with pseudonyms such as ``P-3f9k1c7t`` in place of the values of `columns`.

    `columns` are `resource` (`next_resource` goes with it) and columns `case:…` or `event:…`. Nulls stay null; what is
    no text is hashed as the text it shows as, and its column becomes text. No two values of the log share a pseudonym:
    where the short forms of some coincide, those are longer.

    Errors: `LogError` for a table that is not a log or lacks a column; `ProcmineError` for a key under 16 bytes.

    >>> from procmine.example import example_log
    >>> hidden = pseudonymise(example_log(), ["resource"], key=b"a key for the docs")
    >>> hidden[["activity", "resource"]].limit(2).to_pandas()
      activity    resource
    0   Accept  P-2n1a5b9h
    1   Accept  P-2n1a5b9h
    """
    hidden = _columns(require_log(log), columns)
    if not hidden:
        return log
    names = ibis.union(*(log.select(value=log[name].cast("string")) for name in hidden), distinct=True)
    values = sorted(engine.collect(names.filter(_.value.notnull()))["value"])
    pseudonyms = _pseudonyms(values, key)
    lookup = engine.table(
        pd.DataFrame({"value": pd.Series(values, dtype="str"), "pseudonym": pd.Series(pseudonyms, dtype="str")}),
        {"value": "string", "pseudonym": "string"},
    )
    shown = log
    for name in hidden:
        shown = shown.mutate(value=_[name].cast("string")).left_join(lookup, "value")
        shown = shown.mutate(**{name: _.pseudonym}).select(*log.columns)
    return shown.order_by("case_id", "position")


def shareable_log(study: Study, *, names: Names = "pseudonyms") -> Table:
    """The log of `study` as a report may show it: with pseudonyms in its `personal` columns, unless `names` is plain.

    Errors: those of `Study.log` and of `pseudonym_key`; `ProcmineError` for another value of `names`.
    """
    if names == "plain":
        return study.log()
    if names != "pseudonyms":
        raise ProcmineError(f"{names!r} is no way to show names", where="names", expected="pseudonyms or plain")
    return pseudonymise(study.log(), study.file.personal_columns, key=pseudonym_key())


def pseudonym_key() -> bytes:
    """The key: the text of the environment's `PROCMINE_PSEUDONYM_KEY`, else a random one, made once for the project.

    The project's key is kept in `outputs/.pseudonym-key`, readable by its owner only. Whoever has it can tell who is
    who; without it, no later report has the same pseudonyms.

    Errors: `ProcmineError` for a key under 16 bytes.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return _long_enough(given.encode(), KEY_VARIABLE)
    path = project_root() / OUTPUTS / KEY_FILE
    if not path.exists():
        _make_key(path)
    return _long_enough(path.read_bytes().strip(), str(path))


def key_fingerprint(key: bytes) -> str:
    """Names a key without giving it away: pseudonyms of equal fingerprints can be compared."""
    return hmac.new(key, b"fingerprint of the key", hashlib.sha256).hexdigest()[:16]


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f"{KEY_FILE}-")  # its mode is 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            os.link(beside, path)
    finally:
        Path(beside).unlink()


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < SHORTEST_KEY:
        raise ProcmineError(
            f"the key of the pseudonyms has {len(key)} bytes",
            where=where,
            expected=f"At least {SHORTEST_KEY}, at random",
        )
    return key


def _columns(log: Table, columns: Sequence[str]) -> list[str]:
    for name in columns:
        if name not in log.columns:
            raise LogError(f"no column {name!r} to pseudonymise", where="columns", expected=nearest(name, log.columns))
    return list(dict.fromkeys([*columns, *(["next_resource"] if "resource" in columns else [])]))


def _pseudonyms(values: Iterable[str], key: bytes) -> list[str]:
    _long_enough(key, "key")
    codes = [_code(value, key) for value in values]
    length = dict.fromkeys(codes, _SHORT)
    clashing = list(codes)
    while clashing:
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for code in clashing:
            alike[code[: length[code]]].append(code)
        clashing = [code for group in alike.values() if len(group) > 1 for code in group]
        for code in clashing:
            length[code] += 4
    return [f"P-{code[: length[code]]}" for code in codes]


def _code(value: str, key: bytes) -> str:
    """The whole hash in Crockford's base 32, which has no letters that look like digits."""
    digest = hmac.new(key, value.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().rstrip("=").translate(_CROCKFORD)


_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghjkmnpqrstvwxyz")
