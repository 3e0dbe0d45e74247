"""procmine beside pandas + pm4py: the same work on the same files in the same run.

Prints one table: seconds and peak memory of each side, how many times the seconds of procmine pandas + pm4py take, and
the goal of the design. Between them stands the database alone, with neither ledger nor findings: what procmine's own
work costs. The sides run in processes of their own, one after the other. With another number of copies only what
depends on it is run; where pandas' memory would not fit, it is left out.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "tests" / "studies" / "two-systems" / "study.yaml"
COPIES = 117
"""About a million events."""
THEIR_MIB_A_COPY = 58
"""What pandas + pm4py were seen to take: 6.6 GiB at a million events, 19.3 at three."""
SAME_WORK = {
    "loading the libraries": (["load"], "–"),
    "exports to a stored, sequenced log": (["assemble"], "1.5 ×"),
    "follows, variants, rework, handoffs": (["follows", "variants", "rework", "handoffs"], "40 ×"),
    "write XES": (["write_xes"], "4 ×"),
    "read XES": (["read_xes"], "1.5 ×"),
}


def main() -> None:
    """Make the exports bigger, run both sides and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=COPIES, help="117 copies are about a million events")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--one-side", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_side:
        print(json.dumps(procmine_side(options.one_side)))
        return
    scripts = options.shared / "bench"
    if not scripts.is_dir():
        sys.exit(f"bench: no folder {scripts}; name the folder of shared material with --shared")
    with tempfile.TemporaryDirectory(prefix="procmine-bench-") as scratch:
        study = Path(scratch) / "two-systems"
        run(scripts / "scale_two_systems.py", options.copies, study / "exports")
        (study / "study.yaml").write_bytes(STUDY.read_bytes())
        sides: dict[str, dict | None] = {"pandas + pm4py": None}
        needed, free = THEIR_MIB_A_COPY * options.copies, free_mib()
        if needed <= free:
            sides["pandas + pm4py"] = run_measured(
                scripts / "pandas_pm4py.py", study / "exports", Path(scratch) / "theirs.xes"
            )
        else:
            print(f"pandas + pm4py left out: they would take some {needed:,} MiB, and {free:,} are free")
        plain = Path(__file__).with_name("plain_duckdb.py")
        sides["plain DuckDB"] = run_measured(plain, study / "exports", Path(scratch) / "plain.parquet")
        sides["procmine"] = run_measured(__file__, "--one-side", study, home=scratch)
        print_comparison(sides)
        if options.copies != COPIES:
            return
        small = Path(scratch) / "report"
        run(scripts / "scale_two_systems.py", 12, small / "exports")
        (small / "study.yaml").write_bytes(STUDY.read_bytes())
        begun = time.perf_counter()
        run("-c", "from procmine.cli import main; main()", "report", "end_to_end", "--study", small, "--output", small)
        print(f"one report of 102,924 events, HTML included: {time.perf_counter() - begun:.1f} s (goal: under 20 s)")
    alignments(options.shared / "data")


def run(*command: object) -> None:
    """Run a Python program."""
    subprocess.run([sys.executable, *map(str, command)], stdout=subprocess.DEVNULL, check=True)


def run_measured(*command: object, home: str | None = None) -> dict:
    """Run one side and return the JSON that it prints as its last line, with `peaks`: MiB, by stage.

    Its memory is looked at every 20 ms. The stages follow each other up to that line, so that their seconds tell when
    each was; what was before the first of them becomes a stage of its own, `load`.
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | ({"PROCMINE_HOME": home} if home else {})
    seen: list[tuple[float, int]] = []
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        threading.Thread(target=watch_memory, args=(process.pid, seen), daemon=True).start()
        for line in process.stdout:
            if line.startswith("{"):
                ended, told = time.perf_counter(), json.loads(line)
    if process.returncode:
        sys.exit(f"bench: {command[0]} ended with {process.returncode}")
    told["seconds"] = {"load": ended - begun - sum(told["seconds"].values()), **told["seconds"]}
    told["peaks"] = {}
    for stage, seconds in reversed(told["seconds"].items()):
        told["peaks"][stage] = max((mib for at, mib in seen if ended - seconds <= at <= ended), default=0)
        ended -= seconds
    return told


def watch_memory(process: int, seen: list[tuple[float, int]]) -> None:
    """Add the resident memory of a process, in MiB, and when it was that, until the process is gone (Linux only)."""
    pages = Path(f"/proc/{process}/statm")
    while pages.exists() and (known := pages.read_text().split()):
        seen.append((time.perf_counter(), int(known[1]) * resource.getpagesize() >> 20))
        time.sleep(0.02)


def free_mib() -> int:
    """The memory that is free, or may be had without writing any to disk."""
    known = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(known["MemAvailable"].split()[0]) >> 10


def procmine_side(study: Path) -> dict[str, object]:
    """The same stages as the other side's script, through procmine's public names.

    As there, the libraries are loaded before the first stage: procmine would load each at its first use.
    """
    from procmine import engine, measure, open_study, read_xes, write_xes

    engine.connection()
    seconds: dict[str, float] = {}

    def lap(stage: str, work: object) -> object:
        begun = time.perf_counter()
        result = work()
        seconds[stage] = round(time.perf_counter() - begun, 3)
        return result

    log = lap("assemble", open_study(study).log)
    follows = lap("follows", lambda: engine.collect(measure.follows(log)))
    variants = lap("variants", lambda: engine.collect(measure.variants(log)))
    lap("rework", lambda: engine.collect(measure.rework(log)))
    handoffs = measure.handoffs(log, owner="resource").group_by("from_owner", "to_owner")
    lap("handoffs", lambda: engine.collect(handoffs.agg(count=lambda table: table.count())))
    xes = study / "ours.xes"
    lap("write_xes", lambda: write_xes(log, xes))
    back = lap("read_xes", lambda: read_xes(xes))
    return {
        "rows": engine.scalar(back.count()),
        "variants": len(variants),
        "follows": len(follows),
        "seconds": seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def print_comparison(sides: dict[str, dict | None]) -> None:
    """One line a job: every side's seconds and peak memory, the ratio, the goal; then what must be equal."""
    ours = sides["procmine"]
    print(f"{ours['rows']:,} events")
    print_line("job", [f"{name:>20}" for name in sides], "ratio", "goal")
    for job, (stages, goal) in SAME_WORK.items():
        spent = {name: told and seconds_of(told, stages) for name, told in sides.items()}
        peaks = {name: max(told["peaks"].get(stage, 0) for stage in stages) for name, told in sides.items() if told}
        cells = ["–" if one is None else f"{one:.2f} s, {peaks[name]:,} MiB" for name, one in spent.items()]
        they = spent["pandas + pm4py"]
        print_line(job, cells, f"{they / spent['procmine']:.1f} ×" if they else "", goal)
    print_line(
        "peak memory of the whole process", [f"{told['peak_mib']:,} MiB" if told else "–" for told in sides.values()]
    )
    for what in ("rows", "variants", "follows"):
        for name, told in sides.items():
            if told and told[what] != ours[what]:
                sys.exit(f"{name} and procmine differ in {what}: {told[what]} and {ours[what]}")


def seconds_of(told: dict, stages: list[str]) -> float | None:
    """What a side took for all of `stages`; None where it does not do them."""
    return sum(told["seconds"][stage] for stage in stages) if told["seconds"].keys() >= {*stages} else None


def print_line(job: str, cells: list[str], ratio: str = "", goal: str = "") -> None:
    """One row of the comparison."""
    print(f"{job:36}", *(f"{cell:>20}" for cell in cells), f"{ratio:>7}   {goal}")


def alignments(data: Path) -> None:
    """Optimal alignments of 1,500 variants that wander off one model, and that both sides' costs are equal."""
    import pm4py
    from pm4py.objects.log.importer.xes import importer as xes_importer

    import procmine as pm
    from procmine import engine

    warnings.filterwarnings("ignore")
    model = data / "noise" / "a12.pnml"
    with tempfile.TemporaryDirectory() as scratch:
        xes = Path(scratch) / "wandering.xes"
        wandering(data / "noise" / "a12f0n00.xes.gz", xes)
        log, flow = pm.read_xes(xes), pm.mine.read_flow(model)
        pm.mine.conformance(pm.filters.orders(log, ["0"]), flow)  # libraries load at first use, on either side
        begun = time.perf_counter()
        ours = engine.collect(pm.mine.conformance(log, flow).orders)
        we = time.perf_counter() - begun
        net = pm4py.read_pnml(str(model))
        traces = xes_importer.apply(str(xes), parameters={"show_progress_bar": False})
        begun = time.perf_counter()
        theirs = pm4py.conformance_diagnostics_alignments(traces, *net)
        they = time.perf_counter() - begun
    equal = ours["cost"].sum() == sum(round(found["cost"] / 10_000) for found in theirs)
    print_line(
        "alignments of 1,500 variants",
        [f"{they:.2f} s", "–", f"{we:.2f} s"],
        f"{they / we:.1f} ×",
        f"40 ×, equal costs: {equal}",
    )


def wandering(fitting: Path, target: Path) -> None:
    """Write 1,500 different traces of 21 events: those of `fitting`, one after the other, with events swapped."""
    import procmine as pm

    chance = random.Random(7)
    known = pm.measure.variants(pm.read_xes(fitting)).to_pandas()["activities"].map(list).tolist()
    made: set[tuple[str, ...]] = set()
    while len(made) < 1_500:
        trace = [*chance.choice(known), *chance.choice(known), *chance.choice(known)][:21]
        for _ in range(4):
            first, second = chance.randrange(len(trace)), chance.randrange(len(trace))
            trace[first], trace[second] = trace[second], trace[first]
        made.add(tuple(trace))
    events = '<event><string key="concept:name" value="{}"/></event>'
    name = '<trace><string key="concept:name" value="{}"/>{}</trace>'
    body = "".join(name.format(n, "".join(map(events.format, trace))) for n, trace in enumerate(sorted(made)))
    target.write_text(f'<log xes.version="1.0">{body}</log>', encoding="utf-8")


if __name__ == "__main__":
    main()
