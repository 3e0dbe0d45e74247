"""Tables on the terminal."""

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from procmine.study import Study


def print_account(study: "Study") -> None:
    """The ledger by source, what was set aside first and the most rows first, and its sums."""
    from procmine.schema import USED_ROWS

    ledger = study.ledger(by="source")
    kept = ledger["reason"].isin(USED_ROWS)
    ordered = ledger.assign(kept=kept).sort_values(["kept", "rows"], ascending=[True, False], kind="stable")
    print_table("Every exported row", ordered.drop(columns="kept"))
    aside = int(ledger["rows"][~kept].sum())
    typer.echo(f"{int(ledger['rows'].sum()):,} rows read, {aside:,} set aside, {int(ledger['events'].sum()):,} events")


def print_table(title: str, frame: "pd.DataFrame") -> None:
    """A table with its title; numbers are on the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title, title_justify="left")
    for name in frame.columns:
        numeric = frame[name].dtype.kind in "iuf"
        shown.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    Console().print(shown)


def _cell(value: Any) -> str:
    import pandas as pd

    return f"{value:,}" if isinstance(value, int) else "–" if pd.isna(value) else str(value)
