"""The same work as far as the database does it alone: plain_duckdb.py EXPORT_FOLDER LOG_PARQUET

What a procmine that cost nothing would take: the log in one statement written for these exports, no row of them kept or
accounted for, nothing checked; then the measures. Prints the same JSON line as the other sides.
"""

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

ASSEMBLE = """
    COPY (
        WITH events AS (
            SELECT 'even' AS system, "case:concept:name" AS "case", * EXCLUDE "case:concept:name"
            FROM (SELECT *, row_number() OVER () AS row FROM read_csv('{exports}/receipt_even.csv', all_varchar = true))
            UNION ALL BY NAME
            SELECT 'odd' AS system, "case:concept:name_LEFT" AS "case",
                * EXCLUDE ("case:concept:name", "case:concept:name_LEFT", "case:concept:name_RIGHT")
            FROM (SELECT *, row_number() OVER () AS row FROM read_csv('{exports}/receipt_odd.csv', all_varchar = true))
            JOIN read_csv('{exports}/case_relations.csv', all_varchar = true)
                ON "case:concept:name" = "case:concept:name_RIGHT"
        ), timed AS (
            SELECT * REPLACE (CAST("time:timestamp" AS TIMESTAMPTZ) AS "time:timestamp") FROM events
        )
        SELECT *, row_number() OVER own AS position, lead("concept:name") OVER own AS next_activity,
            lead("time:timestamp") OVER own AS next_timestamp, lead(system) OVER own AS next_system,
            lead("org:group") OVER own AS next_department, lead("org:resource") OVER own AS next_resource,
            row_number() OVER (PARTITION BY "case", "concept:name" ORDER BY "time:timestamp", system, row) AS occurrence
        FROM timed
        WINDOW own AS (PARTITION BY "case" ORDER BY "time:timestamp", system, row)
        ORDER BY "case", position
    ) TO '{log}' (FORMAT parquet, COMPRESSION zstd)
"""
MEASURES = {
    "follows": """
        SELECT "concept:name", next_activity, count(*), avg(took), median(took), quantile_cont(took, 0.9)
        FROM (SELECT *, epoch_us(next_timestamp) - epoch_us("time:timestamp") AS took FROM '{log}')
        WHERE next_activity IS NOT NULL GROUP BY ALL
    """,
    "variants": """
        SELECT activities, count(*)
        FROM (SELECT list("concept:name" ORDER BY position) AS activities FROM '{log}' GROUP BY "case") GROUP BY ALL
    """,
    "rework": """SELECT "concept:name", count(DISTINCT "case") FROM '{log}' WHERE occurrence > 1 GROUP BY ALL""",
    "handoffs": """
        SELECT "org:resource", next_resource, count(*) FROM '{log}' WHERE "org:resource" <> next_resource GROUP BY ALL
    """,
}


def main(exports: Path, log: Path) -> None:
    """Do the work and print what it took."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    seconds: dict[str, float] = {}
    found: dict[str, int] = {}
    for stage, statement in {"assemble": ASSEMBLE, **MEASURES}.items():
        begun = time.perf_counter()
        found[stage] = len(database.execute(statement.format(exports=exports, log=log)).fetchall())
        seconds[stage] = round(time.perf_counter() - begun, 3)
    rows = database.execute(f"SELECT count(*) FROM '{log}'").fetchall()[0][0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counted = {"rows": rows, "variants": found["variants"], "follows": found["follows"]}
    print(json.dumps({**counted, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
