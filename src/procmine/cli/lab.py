"""The verb that opens the notebooks."""

import sys
from collections.abc import Sequence

import typer

from procmine.cli.options import app


@app.command(name="lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_lab(context: typer.Context) -> None:
    """Open JupyterLab on the notebooks. What follows is handed on to it: procmine lab --no-browser."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="procmine-lab-") as scratch:
        raise typer.Exit(subprocess.call(lab_command(scratch, context.args)))


def lab_command(checkpoints: str, arguments: Sequence[str]) -> list[str]:
    """JupyterLab on `notebooks/`, with its checkpoints outside of the project."""
    from procmine.project import project_root

    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={project_root() / 'notebooks'}",
        f"--FileCheckpoints.checkpoint_dir={checkpoints}",
        *arguments,
    ]
