"""Checks of keys: those that two exports write in two ways, and those that a spreadsheet has rounded.

Both make other orders than there were, and nothing else tells of it, since each row finds an order. Rows are joined
only by keys that are the same sign for sign; what is found here is told, never joined.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import StringColumn, StringValue, Table

from procmine import engine
from procmine.assemble.findings.finding import Check, tally, words
from procmine.assemble.findings.plain_keys import SHORTEST, plain_key
from procmine.assemble.identity import Identity
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.rows import NAMED, ORDER, ROW, cell

OTHERWISE = Check(
    "key written in another way",
    "Have both systems export the key alike, or make two kinds of it and link them: nothing is joined by guess",
)
ROUNDED = Check(
    "key rounded by a spreadsheet", "Export it as text: its last digits are lost, and different orders become one"
)

_EXPONENT = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$"
_LONG = "^[0-9]{16,}$"
_NEARLY_ALL = 0.95
_BITS = 62
"""Of a number of the engine. A study of more sources has two of one bit, and less is told of them, never more."""


def doubtful(study: StudyFile, identity: Identity) -> Iterator[pd.DataFrame]:
    """The findings of keys that always run, one row a source and check."""
    bits = _bits(study)
    with engine.Scratch() as scratch:
        written = {kind: _written(study, identity, bits, kind=kind) for kind in sorted(study.kinds)}
        met = [table for kind, table in written.items() if _is_met(study, kind)]
        alone = [table for kind, table in written.items() if not _is_met(study, kind)]
        keys = [scratch.materialized(_keys(ibis.union(*met)))] if met else []
        groups = engine.collect(_groups(ibis.union(*keys, *alone), workbooks=_workbooks(study, bits)))
        apart = groups.loc[_apart(groups), ["kind", "places"]]
        if len(apart) and (told := _several_spellings(keys[0], apart, scratch)) is not None:
            yield engine.collect(_written_otherwise(study, identity, told, bits))
        if rounded := [*_rounded(study, identity, groups, bits)]:
            yield engine.collect(_tallied(rounded, ROUNDED))


def _bits(study: StudyFile) -> dict[str, int]:
    """A bit for each source."""
    return {name: 1 << number % _BITS for number, name in enumerate(study.sources)}


def _is_met(study: StudyFile, kind: str) -> bool:
    """Whether several sources carry the kind."""
    return sum(kind in source.keys for source in study.sources.values()) > 1


def _workbooks(study: StudyFile, bits: Mapping[str, int]) -> int:
    return sum({bits[name] for name, source in study.sources.items() if source.format == "excel"})


def _written(study: StudyFile, identity: Identity, bits: Mapping[str, int], *, kind: str) -> Table:
    """Every key of a kind that a row holds: `kind`, `key`, and `places`, the bit of its source."""
    each = [
        identity.tables[name].select(
            kind=ibis.literal(kind),
            key=_key(identity.tables[name], source, study, kind=kind),
            places=ibis.literal(bits[name], "int64"),
        )
        for name, source in study.sources.items()
        if kind in source.keys
    ]
    return ibis.union(*each).filter(_.key.notnull())


def _keys(written: Table) -> Table:
    """Each key once, with the bits of all sources that have it."""
    return written.group_by("kind", "key").agg(places=_.places.bit_or())


def _groups(keys: Table, *, workbooks: int) -> Table:
    """How many keys of a `kind` in the same `places` are an `exponent`; in workbooks also how many are `long`, and are
    `cut` of these. Most are not looked at closely, which is dear.
    """
    is_exponent = _.key.contains("+").ifelse(_.key.re_search(_EXPONENT), False)
    is_long = ((_.places & workbooks) != 0).ifelse(_.key.re_search(_LONG), False)
    forms = keys.select("kind", "places", exponent=is_exponent, long=is_long, cut=is_long & _.key.endswith("000"))
    counted = forms.group_by("kind", "places").agg(exponent=_.exponent.sum(), long=_.long.sum(), cut=_.cut.sum())
    return counted.order_by("kind", "places")


def _apart(groups: pd.DataFrame) -> list[bool]:
    """Which groups of keys have another of their kind with which they share no place."""
    places = groups.groupby("kind")["places"].agg(list)
    return [
        any(own & other == 0 for other in places[kind])
        for kind, own in zip(groups["kind"], groups["places"], strict=True)
    ]


def _several_spellings(keys: Table, apart: pd.DataFrame, scratch: engine.Scratch) -> Table | None:
    """Keys that differ as written and are alike in their plain form, each in sources of its own: `keys` and `plain`.

    A source with two keys of one plain form, A-1 and A1, tells them apart; so that form is left out. This is why only
    keys of groups that are `apart` need a look: where all keys of one source are in the other, there are none. None
    where there are none.

    The patterns are 9, distorted label, here of an order's number, and 6, scattered case, which comes of it (Suriadi,
    Andrews, ter Hofstede and Wynn, Information Systems 64, 2017).
    """
    forms = keys.mutate(plain=plain_key(keys.key)).filter(_.plain.length() >= SHORTEST)
    some = forms.semi_join(engine.table(apart), ["kind", "places"]).group_by("kind", "plain").agg(spellings=_.count())
    several = scratch.materialized(some.filter(_.spellings > 1))
    if not engine.scalar(several.count()):
        return None
    alike = forms.semi_join(several, ["kind", "plain"])
    spread = alike.group_by("kind", "plain").agg(sum=_.places.sum(), union=_.places.bit_or())
    told = scratch.materialized(alike.semi_join(spread.filter(_["sum"] == _["union"]), ["kind", "plain"]))
    return told if engine.scalar(told.count()) else None


def _written_otherwise(study: StudyFile, identity: Identity, told: Table, bits: Mapping[str, int]) -> Table:
    """The finding of the keys `told`: by source its rows with them, and where one stands otherwise."""
    parts = []
    for name, source in study.sources.items():
        here = (told.places & bits[name]) != 0
        elsewhere = told.filter(~here).group_by("kind", "plain").agg(other=_.key.min(), there=_.places.argmin(_.key))
        own = told.filter(here).inner_join(elsewhere, ["kind", "plain"])
        exports = [((own.there & bit) != 0, study.sources[other].export) for other, bit in bits.items()]
        export = ibis.cases(*exports, else_=None)
        own = own.select(of="kind", own="key", example=words(own.kind + " " + own.key, own.other + " in " + export))
        for kind in source.keys:
            rows = identity.rows[name]
            same = rows.inner_join(own.filter(_["of"] == kind), _key(rows, source, study, kind=kind) == own.own)
            parts.append(_concerned(same, source, example=same.example))
    return _tallied(parts, OTHERWISE)


def _rounded(study: StudyFile, identity: Identity, groups: pd.DataFrame, bits: Mapping[str, int]) -> Iterator[Table]:
    """Rows with keys such as 1.23457E+17, and of a workbook those with a key of 16 digits or more that ends in 000,
    where nearly all do: a spreadsheet holds 15 digits, and of 18 it makes the last three zeros.
    """
    for name, source in study.sources.items():
        here = groups[(groups["places"] & bits[name]) != 0]
        counts = here.groupby("kind")[["exponent", "long", "cut"]].sum()
        for kind, exponent, long, cut in counts[counts.index.isin(source.keys)].itertuples():
            is_cut = source.format == "excel" and cut > 0 and cut >= _NEARLY_ALL * long
            if exponent or is_cut:
                rows = identity.rows[name]
                key = _key(rows, source, study, kind=kind)
                lost = key.re_search(_EXPONENT)
                if is_cut:
                    lost |= key.re_search(_LONG) & key.endswith("000")
                yield _concerned(rows.filter(lost), source, example=ibis.literal(f"{kind} ") + key)


def _key(rows: Table, source: Source, study: StudyFile, *, kind: str) -> StringColumn:
    """The keys of a kind; of orders that the study makes one, their one number."""
    if kind == study.order and NAMED in rows.columns:
        return cast(StringColumn, rows[NAMED])
    return cell(rows, source.keys[kind])


def _concerned(rows: Table, source: Source, *, example: StringValue) -> Table:
    return rows.select(source=ibis.literal(source.export), row=rows[ROW], case_id=rows[ORDER], example=example)


def _tallied(parts: Sequence[Table], check: Check) -> Table:
    return tally(ibis.union(*parts), check, example=_.example, rows=_.row.nunique())
