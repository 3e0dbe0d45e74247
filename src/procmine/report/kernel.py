"""Run a notebook with papermill in a kernel of this very interpreter, with no kernel installed and no profile used."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procmine import errors
from procmine.project import project_root
from procmine.report.signals import held_back

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager

_OPTIONS = (
    "--ext=procmine.report.preload",
    "--InlineBackend.figure_format=retina",
    "--IPKernelApp.log_level=CRITICAL",
)
"""Libraries loaded at the start; charts sharp on any screen; no word of the kernel's own on our standard error."""
_PATIENCE = 300
"""Seconds that a kernel may take to start: on a busy machine loading the libraries takes long."""


class StoppedNotebookError(Exception):
    """A cell of the notebook raised, or the kernel died. `mistake` tells a user's mistake from a bug."""

    def __init__(self, message: str, *, mistake: bool) -> None:
        self.mistake = mistake
        super().__init__(message)


@dataclass
class Kernel:
    """A kernel's process, and those who spoke to it: where there are any, it may have something to tidy up."""

    manager: "KernelManager"
    clients: list[Any]

    def kill(self) -> None:
        """End the process as it is."""
        provisioner: Any = self.manager.provisioner
        provisioner.process.kill()


@contextmanager
def starting(folder: Path) -> Iterator[Kernel]:
    """A kernel that works in `folder`, and starts while the caller goes on; it is ended with the context."""
    with tempfile.TemporaryDirectory(prefix="procmine-kernel-") as scratch:
        kernel = _kernel(Path(scratch))
        try:
            with held_back():
                kernel.manager.start_kernel(cwd=str(folder))
            yield kernel
        finally:
            if kernel.manager.has_kernel:
                with held_back():
                    kernel.manager.shutdown_kernel(now=not kernel.clients)


def _kernel(scratch: Path) -> Kernel:
    from ipykernel.kernelspec import make_ipkernel_cmd
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    command = make_ipkernel_cmd(extra_arguments=list(_OPTIONS))
    environment = {"PROCMINE_HOME": str(project_root()), "IPYTHONDIR": str(scratch)}
    clients: list[Any] = []

    class ThisInterpreter(KernelManager):
        """A kernel of this interpreter, whatever kernels the user has."""

        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=command, env=environment, display_name="Python 3", language="python")

        def client(self, **options: Any) -> Any:
            clients.append(super().client(**options))
            return clients[-1]

    manager = ThisInterpreter(
        transport="tcp" if os.name == "nt" else "ipc",  # reached by a file, not by an open port
        connection_file=str(scratch / "kernel.json"),
        client_class="jupyter_client.asynchronous.AsyncKernelClient",
    )
    return Kernel(manager, clients)


def execute(notebook: Any, target: Path, parameters: Mapping[str, object], kernel: Kernel) -> Any:
    """`notebook` executed by `kernel` with `parameters`, saved to `target` as it proceeds.

    A terminal shows its progress. The kernel takes no other notebook. A signal ends it at once.

    Errors: `StoppedNotebookError`, with the message of the error that a cell raised.
    """
    import papermill
    from nbclient.exceptions import CellControlSignal

    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    try:
        with held_back(kernel.kill), _unwarned(), _dismissed(kernel):
            return papermill.execute_notebook(
                notebook,
                str(target).replace("{", "{{").replace("}", "}}"),  # papermill fills in what is between braces
                parameters=dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=sys.stderr.isatty(),
                km=kernel.manager,
                start_timeout=_PATIENCE,
            )
    except papermill.PapermillExecutionError as error:
        raise StoppedNotebookError(_said(error), mistake=error.ename in _mistakes()) from error
    except (RuntimeError, CellControlSignal) as error:
        raise StoppedNotebookError(f"{type(error).__name__}: {error}", mistake=False) from error


@contextmanager
def _dismissed(kernel: Kernel) -> Iterator[None]:
    """A context at whose end `kernel` is told that it has no more to do."""
    try:
        yield
    finally:
        for client in kernel.clients:
            client.stop_channels()
        if kernel.manager.has_kernel:
            kernel.manager.request_shutdown()


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without papermill's warnings, who takes a parameter of a type such as Literal for an unknown one, and without
    the errors that it tells before it raises them.
    """
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
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
