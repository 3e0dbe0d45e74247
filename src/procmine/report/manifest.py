"""What a report was made of, and what it wrote: `manifest.json`.

It holds no wall clock, so that equal runs have equal manifests.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from procmine.schema import USED_ROWS
from procmine.study import Study

FILE = "manifest.json"
LIBRARIES = ("procmine", "duckdb", "ibis-framework", "matplotlib", "nbconvert", "pandas", "papermill", "pm4py", "r4pm")


def described(
    *,
    report: str,
    notebook: Path,
    study: Study,
    parameters: Mapping[str, object],
    as_of: datetime,
    pseudonyms: str | None,
) -> dict[str, Any]:
    """What decides a report: its notebook, the study's inputs, the parameters, the as-of moment, the versions.

    `pseudonyms` is the fingerprint of their key, None where names are plain.
    """
    return {
        "report": report,
        "notebook": sha256(notebook),
        "study": study.name,
        "inputs": study.inputs,
        "parameters": dict(parameters),
        "as_of": as_of.isoformat(),
        "pseudonym_key": pseudonyms,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "ledger": totals(study.ledger()),
    }


def run_name(facts: Mapping[str, Any]) -> str:
    """The run's name: the as-of day, and a hash of `facts`, so that equal runs have one name and others differ."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return f"{facts['as_of'][:10]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def totals(ledger: pd.DataFrame) -> dict[str, Any]:
    """The ledger's rows, those that gave something, those set aside, the events; and the rows by source and reason."""
    used = ledger["reason"].isin(USED_ROWS)
    by_source = {
        str(source): dict(zip(rows["reason"].tolist(), rows["rows"].tolist(), strict=True))
        for source, rows in ledger.groupby("source", sort=True)
    }
    return {
        "rows": int(ledger["rows"].sum()),
        "used": int(ledger["rows"][used].sum()),
        "set_aside": int(ledger["rows"][~used].sum()),
        "events": int(ledger["events"].sum()),
        "sources": by_source,
    }


def write(facts: Mapping[str, Any], run: str, folder: Path) -> None:
    """Write `manifest.json` to `folder`: `run`, `facts`, and each file already there with its SHA-256 and size."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size} for path in paths
    }
    text = json.dumps({"run": run, **facts, "files": files}, indent=2, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
