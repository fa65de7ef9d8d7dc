"""How many lines a second lossd follows in logs that grow at once, and how much of two cores it uses.

usage: growing.py BIN_DIR [--lines N] [--turns N]

The same lines in 1, 8, 64 and 512 files: written while lossd follows them, a little to each in turn. Bars: with more files it takes no
fewer lines a second than 0.9 of what it takes from one (the highest of some turns of each: machines are shared); and where two cores are
there, more than one is used. Exits with 1 where one is missed.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import lines  # noqa: E402
from support.measured_daemon import MeasuredDaemon  # noqa: E402

COUNTS = (1, 8, 64, 512)
LEAST_SHARE, LEAST_CORES = 0.9, 1.1
AT_ONCE = 200  # lines to a file in turn
BEGINNING = 1_200  # a young series costs more, however many there are


def follow(bin_dir, count, total):
    """Lines a second, and the cores that were used meanwhile."""
    each = total // count
    block = [(lines.same_words(step) + "\n").encode() for step in range(BEGINNING + each)]
    with tempfile.TemporaryDirectory(prefix="lossd-bench-") as name:
        folder = pathlib.Path(name)
        logs = [folder / f"run{number}.log" for number in range(count)]
        for log in logs:
            log.write_bytes(b"".join(block[:BEGINNING]))
        with MeasuredDaemon(bin_dir, folder, f"files:\n  - path: {folder}/run*.log\n") as daemon:
            daemon.wait(lambda: daemon.value("lossd_lines_read_total") == count * BEGINNING, 60)
            files = [os.open(log, os.O_WRONLY | os.O_APPEND) for log in logs]
            cpu, start = daemon.cpu_seconds(), time.monotonic()
            for first in range(BEGINNING, BEGINNING + each, AT_ONCE):
                text = b"".join(block[first:first + AT_ONCE])
                for file in files:
                    os.write(file, text)
            daemon.wait(lambda: daemon.value("lossd_lines_read_total") == count * (BEGINNING + each), 300)
            seconds = time.monotonic() - start
            cores = (daemon.cpu_seconds() - cpu) / seconds
            for file in files:
                os.close(file)
    return each * count / seconds, cores


def measure(bin_dir, total=2_000_000, turns=3):
    """Rows: what, the figure, the bar, whether it holds."""
    best = {}
    for count in COUNTS * turns:
        best[count] = max(best.get(count, (0, 0)), follow(bin_dir, count, total))
    for count, (rate, cores) in best.items():
        share = rate / best[1][0]
        met = count == 1 or share >= LEAST_SHARE
        yield f"lines a second of {count} growing file{'s' if count > 1 else ''} ({cores:.2f} cores)", f"{rate / 1e6:.2f} million", f"{share:.2f}x", f">= {LEAST_SHARE}x" if count > 1 else "", met
    cores = max(cores for _, cores in best.values())
    yield "cores used meanwhile", f"{cores:.2f}", "", f">= {LEAST_CORES}", cores >= LEAST_CORES


def main():
    parser = argparse.ArgumentParser(prog="./dev bench growing")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    good = True
    for what, figure, ratio, bar, met in measure(options.bin, options.lines, options.turns):
        print(f"{what:<54} {figure:>14} {ratio:>7} {bar:>9} {'' if met else ' missed'}", flush=True)
        good = good and met
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
