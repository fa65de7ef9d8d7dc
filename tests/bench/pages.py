"""What a scrape of many jobs costs: how long it takes and how much more memory lossd holds meanwhile, as text and packed.

usage: pages.py BIN_DIR [--jobs N...]

Each page is taken three times by curl; the shortest and the most memory count. Bar: 8 MB of memory more than before, however large the page is. Exits
with 1 where it is missed. The last row of each size is the page without the families that are one line for each value that they can have
(metrics.exclude).
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.measured_daemon import MANY_JOBS, MeasuredDaemon  # noqa: E402

MOST_MEGABYTES = 8
TURNS = 3
ONE_HOT = "metrics:\n  exclude: [training_regime, training_regime_transitions_total, training_job_state]\n"


def scrape(daemon, *options):
    """Seconds, bytes on the wire, and MB of memory that the daemon held more than before."""
    best = None
    for _ in range(TURNS):
        daemon.forget_peak()
        before = daemon.resident_mebibytes()
        seconds, size = daemon.take_page(*options)
        more = (daemon.resident_mebibytes("VmHWM") - before) * 1.048576
        best = (seconds, size, more) if best is None else (min(best[0], seconds), size, max(best[2], more))
    return best


def measure(bin_dir, jobs):
    """Rows: what, the figure, the bar, whether it holds."""
    for config, kinds in ((MANY_JOBS, (("text", ()), ("gzip", ("-H", "Accept-Encoding: gzip")))), (MANY_JOBS + ONE_HOT, (("text, families left out", ()),))):
        with tempfile.TemporaryDirectory(prefix="lossd-bench-") as name, MeasuredDaemon(bin_dir, name, config) as daemon:
            daemon.post_jobs(jobs, samples=100)
            for kind, options in kinds:
                seconds, size, more = scrape(daemon, *options)
                yield f"a scrape of {jobs:,} jobs, {kind}", f"{seconds:.3f} s", f"{size / 1e6:.1f} MB", "", True
                yield "... memory more than before", f"{more:.1f} MB", "", f"<= {MOST_MEGABYTES} MB", more <= MOST_MEGABYTES


def main():
    parser = argparse.ArgumentParser(prog="./dev bench pages")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    good = True
    for jobs in options.jobs:
        for what, figure, size, bar, met in measure(options.bin, jobs):
            print(f"{what:<54} {figure:>12} {size:>10} {bar:>9} {'' if met else ' missed'}", flush=True)
            good = good and met
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
