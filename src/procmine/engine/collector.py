"""Python's garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Python's garbage collector waits: for code that soon ends and makes many objects, none of them in a circle.

    It looks through objects whenever so many were made, at times through all that were ever made: those of the
    libraries too, which takes longer than making them did.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
