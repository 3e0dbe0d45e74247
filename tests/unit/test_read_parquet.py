"""Parquet: every type as text without loss, in the order of the rows, and files that are none."""

import datetime
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import read_export
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError

MOMENT = datetime.datetime(2024, 3, 1, 8, 5, 0, 123456)


def read(path: Path, *columns: str) -> list[tuple[object, ...]]:
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}})
    with ExitStack() as scratch:
        table = read_export(path, source, columns, scratch)
        frame = engine.collect(table.order_by(ROW)).astype(object)
    frame = frame.where(frame.notna(), None)
    return list(frame[[f"{CELL}{column}" for column in columns]].itertuples(index=False, name=None))


def file(folder: Path, table: pa.Table, **options: object) -> Path:
    path = folder / "crm.parquet"
    pq.write_table(table, path, **options)
    return path


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        ([9223372036854775807, None], pa.int64(), ["9223372036854775807", None]),
        ([18446744073709551615], pa.uint64(), ["18446744073709551615"]),
        ([-7], pa.int8(), ["-7"]),
        (
            [Decimal("1.10"), Decimal("12345678901234567890.12")],
            pa.decimal128(38, 2),
            ["1.10", "12345678901234567890.12"],
        ),
        ([0.1, 7.0, None, 1e300], pa.float64(), ["0.1", "7", None, "1e+300"]),
        ([-0.0, 1.7e12, 1e17, 1e21], pa.float64(), ["0", "1700000000000", "100000000000000000", "1e+21"]),
        ([0.1, 1e10], pa.float32(), ["0.1", "10000000000"]),
        ([True, False], pa.bool_(), ["true", "false"]),
        ([" a ", "", "安装", "x\ny", None], pa.string(), ["a", None, "安装", "x\ny", None]),
        (["a", "b", "a"], pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"]),
        (["安装".encode(), b"\xff\x00", b""], pa.binary(), ["安装", "ff00", None]),
        ([MOMENT], pa.timestamp("us"), ["2024-03-01 08:05:00.123456"]),
        ([MOMENT.replace(microsecond=0)], pa.timestamp("s"), ["2024-03-01 08:05:00"]),
        ([1709280300123456789], pa.timestamp("ns"), ["2024-03-01 08:05:00.123456789"]),
        ([MOMENT], pa.timestamp("us", "UTC"), ["2024-03-01 08:05:00.123456+00"]),
        (
            [MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)))],
            pa.timestamp("ms", "Asia/Shanghai"),
            ["2024-03-01 00:05:00.123+00"],
        ),
        ([datetime.date(2024, 2, 29)], pa.date32(), ["2024-02-29"]),
        ([datetime.time(8, 5)], pa.time64("us"), ["08:05:00"]),
        ([[1, 2], None], pa.list_(pa.int64()), ["[1,2]", None]),
        ([{"a": "x", "b": 1}, None], pa.struct({"a": pa.string(), "b": pa.int64()}), ['{"a":"x","b":1}', None]),
        ([None, None], pa.null(), [None, None]),
    ],
    ids=str,
)
def test_a_value_is_text_that_reads_back_as_it(tmp_path, values, kind, cells):
    if pa.types.is_timestamp(kind) and kind.unit != "us" and not isinstance(values[0], int):
        array = pa.array(values, pa.timestamp("us", kind.tz)).cast(kind, safe=False)
    else:
        array = pa.array(values, kind)
    assert read(file(tmp_path, pa.table({"no": array})), "no") == [(cell,) for cell in cells]


def test_names_lead_into_structs(tmp_path):
    customer = [{"tier": "gold", "at": {"city": "上海"}}, None, {"tier": None, "at": None}]
    path = file(tmp_path, pa.table({"customer": customer, "a.b": ["1", "2", "3"], "a": [{"b": "9"}] * 3}))
    assert read(path, "customer.tier", "customer.at.city", "a.b") == [
        ("gold", "上海", "1"),
        (None, None, "2"),
        (None, None, "3"),
    ]
    with pytest.raises(ExportError, match=r"no column 'customer.tiers'. Did you mean 'customer'?"):
        read(path, "customer.tiers")


def test_rows_keep_their_order_over_row_groups(tmp_path):
    numbers = pa.array([str(row) for row in range(1, 300_001)])
    path = file(tmp_path, pa.table({"no": numbers}), row_group_size=7_001)
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}})
    with ExitStack() as scratch:
        table = read_export(path, source, ["no"], scratch)
        assert engine.scalar((table[ROW].cast("string") != table[f"{CELL}no"]).sum()) == 0


def test_decimals_that_no_engine_holds(tmp_path):
    wide = pa.array([Decimal("1.10")], pa.decimal256(50, 2))
    path = file(tmp_path, pa.table({"no": ["1"], "amount": wide}))
    assert read(path, "no") == [("1",)]
    with pytest.raises(ExportError, match=r"column 'amount' has decimals of 50 digits. At most 38"):
        read(path, "amount")


@pytest.mark.parametrize("keep", [3, 100, 0.3, 0.9, -1])
def test_a_file_that_is_cut_off(tmp_path, keep):
    path = file(tmp_path, pa.table({"no": [str(row) for row in range(50_000)]}), row_group_size=10_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(ExportError) as caught:
        read(path, "no")
    assert str(caught.value).startswith(f"{path}: this is no whole Parquet file")
    assert "Copy the export again" in str(caught.value)


def test_a_file_that_is_damaged_inside(tmp_path):
    path = file(tmp_path, pa.table({"no": [str(row * 7919) for row in range(50_000)]}), compression="zstd")
    whole = bytearray(path.read_bytes())
    whole[2_000:4_000] = bytes(2_000)
    path.write_bytes(whole)
    with pytest.raises(ExportError, match="this is no whole Parquet file"):
        read(path, "no")


def test_a_missing_file_and_a_missing_column(tmp_path):
    path = file(tmp_path, pa.table({"order_no": ["1"]}))
    with pytest.raises(ExportError, match=r"no such file. Did you mean 'crm.parquet'\?"):
        read(tmp_path / "crn.parquet", "no")
    with pytest.raises(ExportError, match=r"no column 'orderno'. Did you mean 'order_no'\?"):
        read(path, "orderno")
