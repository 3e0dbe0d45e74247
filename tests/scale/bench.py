"""procmine beside pandas + pm4py: the same work on the same files in the same run.

Prints one table: seconds and peak memory of each side, their ratio, and the goal of the design. The two sides run in
processes of their own, one after the other.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "tests" / "studies" / "two-systems" / "study.yaml"
SAME_WORK = {
    "exports to a stored, sequenced log": (["assemble"], "1.5 ×"),
    "follows, variants, rework, handoffs": (["follows", "variants", "rework", "handoffs"], "40 ×"),
    "write XES": (["write_xes"], "4 ×"),
    "read XES": (["read_xes"], "1.5 ×"),
}


def main() -> None:
    """Make the exports bigger, run both sides and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=117, help="117 copies are about a million rows")
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
        theirs = run(scripts / "pandas_pm4py.py", study / "exports", Path(scratch) / "theirs.xes")
        ours = run(__file__, "--one-side", study, home=scratch)
        print_comparison(ours, theirs)
        small = Path(scratch) / "report"
        run(scripts / "scale_two_systems.py", 12, small / "exports")
        (small / "study.yaml").write_bytes(STUDY.read_bytes())
        begun = time.perf_counter()
        run("-c", "from procmine.cli import main; main()", "report", "end_to_end", "--study", small, "--output", small)
        print(f"one report of 102,924 events, HTML included: {time.perf_counter() - begun:.1f} s (goal: under 20 s)")
    alignments(options.shared / "data")


def run(*command: object, home: str | None = None) -> dict[str, object]:
    """Run a Python program and return the JSON of its last line, if it prints any."""
    environment = os.environ | ({"PROCMINE_HOME": home} if home else {})
    done = subprocess.run(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


def procmine_side(study: Path) -> dict[str, object]:
    """The same stages as the other side's script, through procmine's public names."""
    import procmine as pm
    from procmine import engine

    seconds: dict[str, float] = {}

    def lap(stage: str, work: object) -> object:
        begun = time.perf_counter()
        result = work()
        seconds[stage] = round(time.perf_counter() - begun, 3)
        return result

    log = lap("assemble", pm.open_study(study).log)
    follows = lap("follows", lambda: engine.collect(pm.measure.follows(log)))
    variants = lap("variants", lambda: engine.collect(pm.measure.variants(log)))
    lap("rework", lambda: engine.collect(pm.measure.rework(log)))
    handoffs = pm.measure.handoffs(log, owner="resource").group_by("from_owner", "to_owner")
    lap("handoffs", lambda: engine.collect(handoffs.agg(count=lambda table: table.count())))
    xes = study / "ours.xes"
    lap("write_xes", lambda: pm.write_xes(log, xes))
    back = lap("read_xes", lambda: pm.read_xes(xes))
    return {
        "rows": engine.scalar(back.count()),
        "variants": len(variants),
        "follows": len(follows),
        "seconds": seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def print_comparison(ours: dict, theirs: dict) -> None:
    """One line a job: both sides' seconds, the ratio, the goal; then peak memory and what must be equal."""
    print(f"{ours['rows']:,} events\n{'job':38} {'pandas + pm4py':>15} {'procmine':>10} {'ratio':>8}   goal")
    for job, (stages, goal) in SAME_WORK.items():
        they, we = (sum(side["seconds"][stage] for stage in stages) for side in (theirs, ours))
        print_line(job, they, we, goal)
    print(f"{'peak memory, all stages':38} {theirs['peak_mib']:11,} MiB {ours['peak_mib']:6,} MiB")
    for name in ("rows", "variants", "follows"):
        if ours[name] != theirs[name]:
            sys.exit(f"the two sides differ in {name}: {ours[name]} and {theirs[name]}")


def print_line(job: str, they: float, we: float, goal: str) -> None:
    """One row of the comparison."""
    print(f"{job:38} {they:13.2f} s {we:8.2f} s {they / we:6.1f} ×   {goal}")


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
    print_line("alignments of 1,500 variants", they, we, f"40 ×, equal costs: {equal}")


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
