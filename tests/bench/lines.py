"""lossd replay against Debian's mtail on the same 2,000,000 lines, in turns; and the memory of an idle lossd.

usage: lines.py BIN_DIR [--lines N] [--turns N]

Machines are shared: what counts is the lowest of the turns of each. Bars: at least 10 times less CPU time than mtail, an idle daemon within 12 MiB. Exits with 1 where one is missed.
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

LEAST_RATIO = 10
MOST_IDLE_MIB = 12

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


def write_log(path, lines):
    with open(path, "w") as log:
        for step in range(lines):
            loss = 2.5 + 8.0 / (1 + step / 1000) + (step * 2654435761 % 1000 - 500) / 5000
            log.write(f"iter {step}: loss {loss:.4f}, time {130 + step % 17 / 10:.2f}ms, mfu {41 + step % 7 / 10:.2f}%\n")


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

    with tempfile.TemporaryDirectory(prefix="lossd-bench-") as folder:
        log, program = pathlib.Path(folder) / "train.log", pathlib.Path(folder) / "loss.mtail"
        write_log(log, options.lines)
        program.write_text(MTAIL_PROGRAM)
        print(f"{options.lines} lines, {log.stat().st_size / 1e6:.0f} MB")
        rivals = (
            ("mtail --one_shot", [mtail, "--one_shot", "--one_shot_format=prometheus", f"--progs={program}", f"--logs={log}",
                                  f"--log_dir={folder}"]),
            ("lossd replay", [lossd, "replay", "--output", "json", log]),
        )
        least = {}
        for name, command in rivals * options.turns:
            cpu, wall, output = cpu_seconds(command)
            least[name] = min(cpu, least.get(name, cpu))
            counted = re.search(r'"samples":(\d+)|^training_loss_samples_total\S* (\S+)', output, re.MULTILINE)
            counted = next((int(float(group)) for group in counted.groups() if group), 0) if counted else 0
            print(f"{name:<18} {cpu:7.2f} s CPU {wall:7.2f} s elapsed {cpu / options.lines * 1e9:7.0f} ns/line"
                  f" {counted} samples")
            if counted != options.lines:
                print(f"{name} counted {counted} samples, not {options.lines}:\n{output[-2000:]}", file=sys.stderr)
                return 1
    ratio = least["mtail --one_shot"] / least["lossd replay"]
    idle = idle_mebibytes(lossd)
    print(f"lossd needs {ratio:.1f} times less CPU than mtail (at least {LEAST_RATIO})")
    print(f"idle daemon: {idle:.1f} MiB resident (at most {MOST_IDLE_MIB})")
    return 0 if ratio >= LEAST_RATIO and idle <= MOST_IDLE_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
