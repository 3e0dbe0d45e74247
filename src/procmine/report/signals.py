"""Signals while asyncio runs: what a handler raises in the midst of its loop, it would keep half of, and tell later."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDINGS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
"""The signals that ask a program to end, as far as the system has them."""


@contextmanager
def held_back(at_once: Callable[[], object] | None = None) -> Iterator[None]:
    """A context in which Python's handler of a signal that asks to end is called only at the end.

    `at_once` is called when the first signal comes, and makes the context end soon.
    """
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        came.append(number)
        if at_once is not None and len(came) == 1:
            at_once()

    handlers = {ending: handler for ending in ENDINGS if callable(handler := signal.getsignal(ending))}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}
    for ending in handlers:
        signal.signal(ending, note)
    try:
        yield
    finally:
        for ending, handler in handlers.items():
            signal.signal(ending, handler)
        if came:
            handlers[signal.Signals(came[0])](came[0], None)
