"""What the engine writes gives the rows that Ibis's own query gives."""

import ibis
import pandas as pd
import pytest
from ibis import _
from ibis.backends.duckdb import Backend

from procmine import engine


@pytest.fixture
def t():
    frame = {"g": ["a", "a", "b", "b", None], "n": [1, 2, 3, None, 5], "w": [[1, 2], [3], [], None, [5]]}
    return engine.table(pd.DataFrame(frame), ibis.schema({"g": "string", "n": "int64", "w": "array<int64>"}))


EXPRESSIONS = {
    "a filter of a projection": lambda t: t.mutate(m=_.n * 2).filter(_.m > 2, _.g.notnull()).select("m", "g"),
    "a filter by a window": lambda t: t.filter(_.n.notnull()).filter(_.n == _.n.max().over(ibis.window(group_by="g"))),
    "both at once": lambda t: t.filter(_.n > 1, ibis.row_number().over(group_by="g", order_by="n") == 0),
    "a projection of a sort": lambda t: t.order_by(_.n.desc(nulls_first=True)).mutate(m=_.n + 1).select("m"),
    "distinct rows": lambda t: t.select("g").distinct().order_by("g"),
    "groups having": lambda t: t.group_by("g").agg(k=_.count(), most=_.n.max()).filter(_.k > 1),
    "a table with itself": lambda t: t.select("g", "n").join(t.select("g", "n"), "g").order_by("g", "n", "n_right"),
    "a shared table": lambda t: (few := t.filter(_.n > 1)).join(few.group_by("g").agg(k=_.count()), "g"),
    "a shared union": lambda t: (u := ibis.union(t, t.filter(_.n > 2))).select("n").union(u.select("n"), distinct=True),
    "a view": lambda t: t.join(v := t.filter(_.n > 1).view(), t.n == v.n - 1).select(t.g, one=t.n, two=v.n),
    "a view of groups twice": lambda t: (
        t.join(v := t.group_by("g").agg(k=_.count()).view(), "g")
        .join(v.filter(_.k > 1).select("g"), "g")
        .select("n", "k")
    ),
    "a query twice": lambda t: (q := engine.connection().sql("SELECT 1 AS n UNION ALL SELECT 2")).join(
        v := q.view(), q.n < v.n
    ),
    "joins of several kinds": lambda t: (
        t.semi_join(few := t.filter(_.n < 3), "g").anti_join(t.filter(_.n == 2), "n").left_join(few, "n")
    ),
    "among others": lambda t: t.filter(_.n.isin(t.filter(_.g == "b").n)),
    "none such": lambda t: t.filter(~(t.view().n > t.n).any()),
    "a share of the whole": lambda t: t.mutate(share=_.n / t.n.sum().as_scalar()),
    "nulls filled and dropped": lambda t: t.fill_null({"g": "none"}).drop_null("n").drop("w"),
    "one column dropped": lambda t: t.drop("g"),
    "numbers of rows": lambda t: t.mutate(r=ibis.row_number().over(order_by="n"), q=ibis.ntile(2).over(order_by="n")),
    "first and last": lambda t: t.mutate(
        f=_.n.first().over(ibis.window(group_by="g", order_by="n")), la=_.n.last().over(ibis.window(group_by="g"))
    ),
    "places in lists": lambda t: t.mutate(at=_.w.index(3), of=_.g.find("b"), more=_.w.map(lambda x, i: x + i)),
    "an unnested list": lambda t: t.select("g", x=_.w.unnest()).filter(_.x > 1),
    "an empty choice": lambda t: t.filter(_.g.isin([])),
    "the first rows": lambda t: t.order_by("n").limit(2, offset=1).mutate(m=_.n),
    "as a user may write it": lambda _t: (
        engine.connection().sql("SELECT 1 AS n").filter(_.n > 0).alias("mine").sql("SELECT max(n) AS most FROM mine")
    ),
    "a number": lambda t: t.count().as_table(),
    "no table": lambda t: ibis.range(0, 3).unnest().name("x").as_table().filter(_.x > 0),
    "the table": lambda t: t,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_rows_are_those_of_ibis_own_query(t, name):
    expression = EXPRESSIONS[name](t)
    ours = engine.collect_arrow(expression)
    theirs = Backend.compiler.to_sqlglot(expression).sql("duckdb")
    rows = engine.connection().raw_sql(theirs).to_arrow_table()
    assert rows.column_names == ours.column_names
    told = [sorted(map(repr, table.to_pylist())) for table in (ours, rows)]
    assert told[0] == told[1]
    assert ours.num_rows or name == "an empty choice"


def test_rows_stay_in_the_order_that_lies_below():
    table = engine.table(pd.DataFrame({"n": [(k * 7919) % 300_007 for k in range(300_000)]}))
    told = engine.collect(table.order_by("n").filter(_.n % 2 == 0).mutate(m=_.n + 1).select("m"))["m"]
    assert told.is_monotonic_increasing
    assert engine.collect(table.order_by("n"))["n"].is_monotonic_increasing


def test_what_several_use_is_computed_once(t):
    few = t.filter(_.n > 1).mutate(m=_.n + 41)
    written = engine.running.query(few.join(few.group_by("g").agg(k=_.m.sum()), "g"))
    assert written.count("41") == 1


def test_a_part_of_a_table_is_read_wherever_it_is_used(t):
    few = t.filter(_.n > 41).select("g", "n")
    written = engine.running.query(few.join(few.group_by("g").agg(k=_.n.sum()), "g"))
    assert written.count("41") == 2
    assert "WITH" not in written


def test_rows_are_not_sorted_to_be_counted(t):
    groups = t.order_by("n").group_by("g")
    assert "ORDER BY" not in engine.running.query(groups.agg(k=_.count(), most=_.n.max(), s=_.n.sum()))
    assert "ORDER BY" in engine.running.query(groups.agg(k=_.count(), first=_.n.first()))
    assert "ORDER BY" in engine.running.query(groups.agg(s=_.n.cast("float64").sum()))
    assert "ORDER BY" in engine.running.query(t.order_by("n").limit(2).group_by("g").agg(k=_.count()))
