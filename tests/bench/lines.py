"""lossd against Debian's mtail on the same lines of three forms, in turns; and the memory of an idle lossd.

usage: lines.py BIN_DIR [--lines N] [--turns N]

The forms: a loss on every line, in the same words (read by `lossd replay`); a loss on every line, and one word that varies; ordinary
lines of a logger without a loss (both by `lossd explain --summary`). Machines are shared: what counts is the lowest of the turns of
each. Exits with 1 where lossd needs more than it did: at least 5 times less CPU time than mtail on the first form (whose bar, 25 times, is
missed: src/performance.md says why) and 3 times less on the others, an idle daemon within 10 MiB.
"""

import argparse
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

LEAST_RATIO = {"same words": 5, "one word varies": 3, "without a loss": 3}
MOST_IDLE_MIB = 10

# What lossd takes from such a line, as an mtail program: the loss of a step, the step, and how many there were.
MTAIL_PROGRAM = r"""
gauge training_loss
gauge training_step
counter training_loss_samples_total
/^iter (?P<step>\d+): loss (?P<loss>-?\d+\.\d+), time / {
  training_loss = $loss
  training_step = $step
  training_loss_samples_total++
}
"""


# The same of the second form.
MTAIL_VARIED = MTAIL_PROGRAM.replace(r"/^iter (?P<step>\d+): loss (?P<loss>-?\d+\.\d+), time / {",
                                     r"/^step (?P<step>\d+) loss (?P<loss>-?\d+\.\d+) lr / {")

WORDS = [a + b + c for a in ("ka", "lo", "mi", "ten", "ra") for b in ("vo", "sha", "pe", "dun", "ix") for c in ("or", "bel", "na", "qui", "us")]


def loss(step):
    return 2.5 + 8.0 / (1 + step / 1000) + (step * 2654435761 % 1000 - 500) / 5000


def same_words(step):
    return f"iter {step}: loss {loss(step):.4f}, time {130 + step % 17 / 10:.2f}ms, mfu {41 + step % 7 / 10:.2f}%"


def varied_word(step):
    return f"step {step} loss {loss(step):.4f} lr 0.0003 host {WORDS[step * 7 % len(WORDS)]}"


def without_loss(step):
    return (f"2026-01-01 10:{step // 60 % 60:02d}:{step % 60:02d},{step % 1000:03d} - data - INFO - Loaded shard {step} of {WORDS[step % len(WORDS)]}"
            f" with {step * 7 % 10007} records in {step % 97 / 10:.1f}s from {WORDS[step * 3 % len(WORDS)]}")


# Of each form: a line, the program for mtail, what lossd is asked for, and whether every line is a sample.
FORMS = (
    ("same words", same_words, MTAIL_PROGRAM, ["replay", "--output", "json"], True),
    ("one word varies", varied_word, MTAIL_VARIED, ["explain", "--summary", "--output", "json"], True),
    ("without a loss", without_loss, MTAIL_PROGRAM, ["explain", "--summary", "--output", "json"], False),
)


def cpu_seconds(command):
    """User and system time of the command, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - start, done.stdout


def idle_mebibytes(lossd):
    """Resident memory of a daemon that has answered one scrape and has nothing to do."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([lossd, "serve", "--web.listen-address", "127.0.0.1:0"], stdout=log, stderr=log)
        try:
            address = None
            while address is None and process.poll() is None:
                log.seek(0)
                address = re.search(r"address=127\.0\.0\.1 port=(\d+)", log.read())
                time.sleep(0.01)
            urllib.request.urlopen(f"http://127.0.0.1:{address.group(1)}/metrics").read()
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024
        finally:
            process.terminate()
            process.wait()


def compare(form, lossd, mtail, folder, options):
    """One form of line read by both, in turns; whether lossd needs as little as it should."""
    name, line, program_text, command, all_samples = form
    log, program = folder / "train.log", folder / "loss.mtail"
    with open(log, "w") as file:
        file.writelines(line(step) + "\n" for step in range(options.lines))
    program.write_text(program_text)
    print(f"{name}: {options.lines} lines, {log.stat().st_size / 1e6:.0f} MB")
    wanted = options.lines if all_samples else 0
    rivals = (
        ("mtail", [mtail, "--one_shot", "--one_shot_format=prometheus", f"--progs={program}", f"--logs={log}", f"--log_dir={folder}"]),
        ("lossd", [lossd, *command, log]),
    )
    least = {}
    for rival, arguments in rivals * options.turns:
        cpu, wall, output = cpu_seconds(arguments)
        least[rival] = min(cpu, least.get(rival, cpu))
        counted = re.search(r'"samples":(\d+)|^training_loss_samples_total\S* (\S+)', output, re.MULTILINE)
        counted = next((int(float(group)) for group in counted.groups() if group), 0) if counted else 0
        print(f"  {rival:<8} {cpu:7.2f} s CPU {wall:7.2f} s elapsed {cpu / options.lines * 1e9:7.0f} ns/line {counted} samples")
        if counted != wanted:
            print(f"{rival} counted {counted} samples, not {wanted}:\n{output[-2000:]}", file=sys.stderr)
            return False
    ratio = least["mtail"] / least["lossd"]
    print(f"  lossd needs {ratio:.1f} times less CPU than mtail (at least {LEAST_RATIO[name]})")
    return ratio >= LEAST_RATIO[name]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench lines")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    lossd, mtail = options.bin / "lossd", shutil.which("mtail")
    if mtail is None:
        print("mtail is not installed (./dev setup installs it)", file=sys.stderr)
        return 1

    met = True
    with tempfile.TemporaryDirectory(prefix="lossd-bench-") as folder:
        for form in FORMS:
            met = compare(form, lossd, mtail, pathlib.Path(folder), options) and met
    idle = idle_mebibytes(lossd)
    print(f"idle daemon: {idle:.1f} MiB resident (at most {MOST_IDLE_MIB})")
    return 0 if met and idle <= MOST_IDLE_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
