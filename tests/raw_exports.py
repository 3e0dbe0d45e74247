"""Read what the simulator wrote, without procmine: the exports as text, and the truth beside them."""

import json
import sqlite3
from pathlib import Path

import pandas as pd

from procmine.simulate.layout import AnyExport, Layout


def raw_export(study: Path, form: AnyExport) -> pd.DataFrame:
    """The rows of an export, all text, empty where there is nothing; row 1 is at place 0."""
    path = study / "exports" / form.file
    if path.suffix == ".sqlite":
        database = sqlite3.connect(path)
        rows = pd.read_sql_query(f'SELECT * FROM "{path.stem}" ORDER BY rowid', database)
        database.close()
    elif path.suffix == ".jsonl":
        rows = pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    elif path.suffix == ".xlsx":
        rows = pd.read_excel(path, engine="calamine", dtype=object)
    else:
        rows = pd.read_csv(path, encoding=form.encoding, dtype=str, keep_default_na=False)
    return rows.astype(object).where(rows.notna(), "").map(str)


def raw_exports(study: Path, layout: Layout) -> dict[str, pd.DataFrame]:
    """All exports by file, without its ending."""
    return {Path(form.file).stem: raw_export(study, form) for form in layout.exports}


def truth(study: Path, table: str) -> pd.DataFrame:
    """A table of the truth; moments as times."""
    rows = pd.read_csv(study / "truth" / f"{table}.csv", keep_default_na=False)
    for column in {"enabled", "start", "completed"} & {*rows.columns}:
        rows[column] = pd.to_datetime(rows[column])
    return rows
