"""What a lossd costs that follows many silent logs: processor time, memory, and how soon it finds a new one.

usage: idle.py BIN_DIR [--files N] [--seconds N]

Bars, for 10,000 files: 1 % of a core, and a new directory with a new log found within two walks (one each 5 s, more rarely where more
than 10,000 directories are to be asked). Exits with 1 where one is missed.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.measured_daemon import MeasuredDaemon  # noqa: E402

MOST_CPU_PERCENT = 1
DISCOVERY_SECONDS = 5
DIRECTORIES_PER_SECOND = 2000
SETTLING_SECONDS = 30  # a file that has just been read is looked at often


def write_log(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"step {step}: loss {2 - step / 100:.2f}\n" for step in range(8)))


def measure(bin_dir, layout, path_of, directories, files, seconds, inotify):
    """Prints one line; returns whether the bars hold."""
    most_seconds = 2 * max(DISCOVERY_SECONDS, directories / DIRECTORIES_PER_SECOND)
    with tempfile.TemporaryDirectory(prefix="lossd-bench-") as name:
        folder = pathlib.Path(name)
        for number in range(files):
            write_log(folder / "runs" / path_of(number))
        config = f"files:\n  - path: {folder}/runs/**/*.log\njobs:\n  max_jobs: 100000\nfollow:\n  inotify: {str(inotify).lower()}\n"
        with MeasuredDaemon(bin_dir, folder, config) as daemon:
            daemon.wait(lambda: daemon.value("lossd_jobs") == files, 300)
            time.sleep(SETTLING_SECONDS)
            cpu, start = daemon.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            percent = 100 * (daemon.cpu_seconds() - cpu) / (time.monotonic() - start)
            start = time.monotonic()
            write_log(folder / "runs" / "new" / "run.log")
            # Each question is a scrape of every job: not to be asked often.
            while daemon.value("lossd_jobs") == files and time.monotonic() - start < 120:
                time.sleep(0.5)
            found = time.monotonic() - start
            print(f"{layout:<32} inotify {'on ' if inotify else 'off'} {percent:6.2f} % of a core {daemon.resident_mebibytes():7.0f} MiB"
                  f"   new directory found in {found:5.1f} s (at most {most_seconds:.0f})", flush=True)
    return percent <= MOST_CPU_PERCENT and found <= most_seconds


def main():
    parser = argparse.ArgumentParser(prog="./dev bench idle")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60, help="how long to measure each layout")
    options = parser.parse_args()
    layouts = (
        ("one directory", 0, lambda number: f"run{number}.log"),
        ("a directory for each file", 1, lambda number: f"run{number}/run{number}.log"),
        ("3 directories for each file", 3, lambda number: f"run{number}/version_0/logs/run{number}.log"),
    )
    print(f"{options.files} silent files, found by **; at most {MOST_CPU_PERCENT} % of a core")
    good = True
    for layout, depth, path_of in layouts:
        for inotify in (True, False):
            directories = depth * options.files
            good = measure(options.bin, layout, path_of, directories, options.files, options.seconds, inotify) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
