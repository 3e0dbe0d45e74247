"""Run a notebook with papermill in a kernel of this very interpreter, with no kernel installed and no profile used."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from procmine import errors
from procmine.study import project_root

_OPTIONS = ("--InlineBackend.figure_format=retina", "--IPKernelApp.log_level=CRITICAL")
"""Charts sharp on any screen; no word of the kernel's own on our standard error."""


class StoppedNotebookError(Exception):
    """A cell of the notebook raised, or the kernel died. `mistake` tells a user's mistake from a bug."""

    def __init__(self, message: str, *, mistake: bool) -> None:
        self.mistake = mistake
        super().__init__(message)


def execute(notebook: Any, target: Path, parameters: Mapping[str, object]) -> Any:
    """`notebook` executed with `parameters`, saved to `target` as it proceeds; a progress bar on a terminal.

    Errors: `StoppedNotebookError`, with the message of the error that a cell raised.
    """
    import papermill
    from ipykernel.kernelspec import make_ipkernel_cmd
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient.exceptions import CellControlSignal
    from traitlets import default

    with tempfile.TemporaryDirectory(prefix="procmine-kernel-") as scratch, _unwarned():
        command = make_ipkernel_cmd(extra_arguments=list(_OPTIONS))
        environment = {"PROCMINE_HOME": str(project_root()), "IPYTHONDIR": scratch}

        class ThisInterpreter(AsyncKernelManager):
            """A kernel of this interpreter, whatever kernels the user has; reached by a file, not by an open port."""

            @default("transport")
            def _transport(self) -> str:
                return "tcp" if os.name == "nt" else "ipc"

            @default("connection_file")
            def _connection_file(self) -> str:
                return str(Path(scratch) / "kernel.json")

            @property
            def kernel_spec(self) -> KernelSpec:
                return KernelSpec(argv=command, env=environment, display_name="Python 3", language="python")

        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        try:
            return papermill.execute_notebook(
                notebook,
                str(target).replace("{", "{{").replace("}", "}}"),  # papermill fills in what is between braces
                parameters=dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=sys.stderr.isatty(),
                kernel_manager_class=ThisInterpreter,
                resources={"metadata": {"path": str(target.parent)}},
            )
        except papermill.PapermillExecutionError as error:
            raise StoppedNotebookError(_said(error), mistake=error.ename in _mistakes()) from error
        except (RuntimeError, CellControlSignal) as error:
            raise StoppedNotebookError(f"{type(error).__name__}: {error}", mistake=False) from error


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without papermill's warnings: it takes a parameter of a type such as Literal for an unknown one."""
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _said(error: Any) -> str:
    message = str(error.evalue)
    return message if error.ename in _mistakes() else f"{error.ename}: {message} (in cell {error.exec_count})"


def _mistakes() -> set[str]:
    known = (value for value in vars(errors).values() if isinstance(value, type))
    return {kind.__name__ for kind in known if issubclass(kind, errors.ProcmineError)}
