"""How a signal ends a command: as an exception does, with one line, and with the exit code that schedulers know."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from procmine.report.signals import ENDINGS

SIGNALLED = 128
"""What shells add to the number of the signal that ended a command."""


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """A context that a signal ends with a `SystemExit`, so that nothing half-written stays behind.

    A second one is not heeded, nor one that was not before, as under nohup. Whatever the context raises once a signal
    has come is due to it: a library may say so in its own way, as the engine does of a query that is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def stop(number: int, _frame: object) -> None:
        if not came:
            came.append(number)
            raise SystemExit(SIGNALLED + number)

    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    heeded = {ending: handler for ending, handler in before.items() if handler != signal.SIG_IGN}
    for ending in heeded:
        signal.signal(ending, stop)
    try:
        yield
    except BaseException:
        if not came:
            raise
        typer.echo(f"procmine: stopped by {signal.Signals(came[0]).name}", err=True)
        raise SystemExit(SIGNALLED + came[0]) from None
    finally:
        for ending, handler in heeded.items():
            signal.signal(ending, handler)
