"""What all tests share: `make_log` types a log by hand, `make_study` a study; `shared` is the folder of real data."""

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest
from ibis.expr.types import Table

from procmine import engine
from procmine.schema import CASE, EVENT, EVENT_ATTRIBUTE
from procmine.sequencing import sequence
from procmine.study import Study, open_study
from small_project import make_project

CHECKOUT = Path(__file__).resolve().parents[1]
STUDIES = CHECKOUT / "tests" / "studies"
SHARED = Path(os.environ.get("PROCMINE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
BEGIN = pd.Timestamp("2024-01-01T00:00Z")
TOKEN = re.compile(r"(?P<activity>[^@/+]+)(@(?P<department>[^/+]+))?(/(?P<resource>[^+]+))?(\+(?P<hours>[\d.]+))?$")


def log_of(text: str, **columns: list[object]) -> Table:
    """A log typed by hand: ``"a: X Y@sales/Ann Z+5 | b: X Z"``.

    Orders are separated by ``|``; ``@`` names an event's department, ``/`` its resource. An event completes an hour
    after the one before it (the first at 2024-01-01 00:00 UTC), ``+5`` says five hours after. ``columns`` gives more
    columns, one value an event in the order typed: ``start=[…]``, or ``**{"case:tier": […]}``.
    """
    rows = []
    for order in text.split("|"):
        case_id, tokens = order.split(":", 1)
        time = BEGIN
        for place, token in enumerate(tokens.split()):
            match = TOKEN.match(token)
            assert match, f"not an event: {token!r}"
            time += pd.Timedelta(hours=float(match["hours"] or (1 if place else 0)))
            rows.append((case_id.strip(), match["activity"], time, match["department"], match["resource"]))
    frame = pd.DataFrame(rows, columns=["case_id", "activity", "timestamp", "department", "resource"])
    frame["source"], frame["source_row"] = "typed", range(1, len(frame) + 1)
    frame["system"], frame["start"] = None, pd.NaT
    for name, values in columns.items():
        frame[name] = values
    order = list(EVENT) + [name for name in frame if name.startswith((CASE, EVENT_ATTRIBUTE))]
    own = {name: engine.table(frame[[name]]).schema()[name] for name in order if name not in EVENT}
    return sequence(engine.table(frame[order], {**EVENT, **own}), by=("timestamp", "source_row"))


@pytest.fixture
def make_log() -> Callable[..., Table]:
    return log_of


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project root for this worker: the checkout's studies, and `outputs/` of its own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "eventlogs").symlink_to(CHECKOUT / "eventlogs")
    return folder


@pytest.fixture(autouse=True)
def _own_outputs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCMINE_HOME", str(home))


def study_in(folder: Path, definition: str, exports: Mapping[str, str | bytes]) -> Study:
    """A study written to `folder`: its `study.yaml` and its exports, text as UTF-8."""
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(definition, encoding="utf-8")
    for name, content in exports.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / "exports" / name).write_bytes(data)
    return open_study(folder)


@pytest.fixture
def make_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """Writes a study to `tmp_path/eventlogs/small`; its results go to `tmp_path/outputs`."""
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    return lambda definition, exports: study_in(tmp_path / "eventlogs" / "small", definition, exports)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in `tmp_path`, as `small_project` says, whose results go to its own `outputs`."""
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    monkeypatch.delenv("PROCMINE_PSEUDONYM_KEY", raising=False)
    return make_project(tmp_path)


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without a kernel, for tests that do not run the notebook."""
    monkeypatch.setattr("procmine.report.run.starting", contextlib.nullcontext)


@pytest.fixture
def shared() -> Path:
    """The folder of real logs, or a skip that says where it was looked for."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"real logs are not here: no folder {SHARED / 'data'} (set PROCMINE_SHARED)")
    return SHARED / "data"


def rows(table: Table, *columns: str) -> list[tuple[object, ...]]:
    """The rows of `table` as sorted tuples, nulls as None: for comparisons that do not depend on the order of rows."""
    frame = engine.collect(table.select(*columns) if columns else table).astype(object)
    return sorted(map(tuple, frame.where(frame.notna(), None).itertuples(index=False)), key=repr)
