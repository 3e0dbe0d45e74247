"""An extension of IPython: a kernel loads what reports are made of before it is ready for a first cell.

A report's kernel starts while its study is checked; by then it would have nothing else to do.
"""

import importlib

LIBRARIES = (
    "fontTools.subset",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "pandas.io.formats.style",
    "procmine.engine",
    "procmine.measure",
    "procmine.privacy",
    "procmine.report.tables",
    "procmine.show",
    "pygraphviz",
    "seaborn",
)


def load_ipython_extension(_shell: object) -> None:
    """What ``--ext`` calls."""
    for name in LIBRARIES:
        importlib.import_module(name)
