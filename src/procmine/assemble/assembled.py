"""What assembling a study makes of its exports, step by step: for what is told of a log beside the log itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibis.expr.types import Table

from procmine.assemble.identity import Identity
from procmine.assemble.ledger import Ledger
from procmine.assemble.mapping import StudyFile
from procmine.assemble.reading import Export, SourceRows


@dataclass(frozen=True)
class Assembled:
    """A study whose log has been assembled. Mappings are by the names of the study's sources.

    - exports: the files or tables of each source
    - read: the rows of each source, as they were read
    - standing: the same, superseded ones without their cells (`newest`)
    - identity: the same with their orders, and what is doubtful about these
    - doubles: the events that were set aside for another that is kept, as `doubles_of` gives them
    - events: the events that are in the log, not yet in order: the columns of `schema.EVENT`, the tie breakers of
      `sequencing`, and `event:` attributes
    - values: what is known of each order, as `attribute_values` gives it; None where no source tells anything
    - orders: the orders of the log, as `order_table` gives them
    - ledger: the account of every row
    - log: the log, as it is stored
    """

    study: StudyFile
    exports: Mapping[str, Sequence[Export]]
    read: Mapping[str, SourceRows]
    standing: Mapping[str, Table]
    identity: Identity
    doubles: Table
    events: Table
    values: Table | None
    orders: Table
    ledger: Ledger
    log: Table
