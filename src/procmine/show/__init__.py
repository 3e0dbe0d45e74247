"""Pictures of finished tables and flows: SVG maps, charts, styled tables. May use `engine`, `schema` and `errors`."""

from procmine.show.charts import deviations_chart, ledger_chart, rework_chart
from procmine.show.distribution import duration_chart
from procmine.show.flow import flow_map
from procmine.show.graphs import process_map
from procmine.show.heat import handoff_heat_map
from procmine.show.order import order_chart
from procmine.show.picture import Map
from procmine.show.quality import findings_table
from procmine.show.sequences import variants_chart
from procmine.show.tables import table
from procmine.show.words import duration

__all__ = [
    "Map",
    "deviations_chart",
    "duration",
    "duration_chart",
    "findings_table",
    "flow_map",
    "handoff_heat_map",
    "ledger_chart",
    "order_chart",
    "process_map",
    "rework_chart",
    "table",
    "variants_chart",
]
