"""The three descriptions of what procmine needs say the same."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"duckdb": "python-duckdb", "graphviz": "python-graphviz", "ibis-framework": "ibis-duckdb"}
"""Where conda-forge names a package otherwise than PyPI."""
NOT_FROM_PYPI = {"python", "pip", "graphviz"}
"""What conda brings that pip cannot: Python itself and the Graphviz program."""


def split(requirement: str) -> tuple[str, str]:
    match = re.match(r"(?P<name>[A-Za-z0-9_.-]+)(\[[^\]]*\])?\s*(?P<spec>.*)$", requirement)
    assert match, requirement
    return match["name"].lower().replace("_", "-"), match["spec"].replace(" ", "")


def declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return dict(map(split, project["project"]["dependencies"]))


def test_environment_yml_names_what_pyproject_does_with_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    listed = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    by_pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    conda = {name: spec for name, spec in map(split, listed) if name not in NOT_FROM_PYPI}
    pip = dict(split(entry) for entry in by_pip if not entry.startswith("-"))
    expected = {CONDA_NAMES.get(name, name) if name not in pip else name: spec for name, spec in declared().items()}
    assert conda | pip == expected
    assert environment["channels"] == ["conda-forge"]


def test_the_lock_pins_everything_declared_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = {split(line)[0] for line in lock.splitlines() if line and not line.startswith(("#", " "))}
    assert not set(declared()) - pinned
    assert all("==" in line for line in lock.splitlines() if line and not line.startswith(("#", " ")))
    assert "://" not in lock


def test_ci_runs_what_the_readme_tells_a_new_user() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make test" in readme
    assert "make report" in readme
