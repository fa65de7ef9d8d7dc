"""What `./dev run` shows: lossd follows a training run that is healthy until its learning rate jumps.

usage: story.py BIN_DIR [--seconds N] [--interval-ms N] [--fault KIND@STEP[:AMOUNT]]

Ends when training ends, after N seconds, or on Ctrl-C; lossd and the trainer end with it. Exits with 1 where lossd fails.
"""

import argparse
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

JOB = "demo"
STEPS = 4000
HEADING = f"{'step':>6} {'loss':>9} {'velocity':>11} {'acceleration':>13}  regime"
EXCERPT = ("loss_velocity{", "loss_acceleration{", "training_regime{", "training_loss{", "training_loss_samples_total{")


def free_address():
    """The usual port, or any where somebody holds that."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 10333))
            return "127.0.0.1:10333"
        except OSError:
            return "127.0.0.1:0"


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def listening_url(lossd, log):
    """Where lossd says that it listens; None where it ended instead."""
    for _ in range(500):
        found = re.search(r"address=127\.0\.0\.1 port=(\d+)", log.read_text())
        if found:
            return f"http://127.0.0.1:{found.group(1)}"
        if lossd.poll() is not None:
            return None
        time.sleep(0.02)
    return None


class Watch:
    """Prints a line a second, the metrics page's excerpt now and then, and each change of regime when it is seen."""

    def __init__(self, url):
        self.url = url
        self.regime = None
        self.next_line = self.next_excerpt = 0.0

    def look(self):
        page = get(f"{self.url}/metrics")
        value = lambda pattern: (re.search(rf"^{pattern} (\S+)$", page, re.MULTILINE) or [None, None])[1]
        regime = (re.search(r'^training_regime\{[^}]*regime="(\w+)"[^}]*\} 1$', page, re.MULTILINE) or [None, None])[1]
        if regime is None:
            return
        step = value(r"training_step\{[^}]*\}")
        if regime != self.regime:
            print(f"   >>> step {step}: {self.regime or 'start'} -> {regime}{self.reason()}", flush=True)
            self.regime = regime
        now = time.monotonic()
        if now >= self.next_excerpt and "\nloss_acceleration{" in page:
            self.next_excerpt = now + 15
            print(f"\n   GET {self.url}/metrics, an excerpt:")
            for line in page.splitlines():
                if line.startswith(EXCERPT) and not line.startswith("loss_") or line.startswith(EXCERPT) and 'window="30"' in line:
                    print(f"   {line}")
            print(f"\n{HEADING}", flush=True)
        if now >= self.next_line:
            self.next_line = now + 1
            number = lambda text, form: format(float(text), form) if text else "-"
            print(f"{number(step, '.0f'):>6} {number(value(r'training_loss{[^}]*}'), '.4f'):>9} "
                  f"{number(value(r'loss_velocity{[^}]*window=.30.[^}]*}'), '+.6f'):>11} "
                  f"{number(value(r'loss_acceleration{[^}]*window=.30.[^}]*}'), '+.6f'):>13}  {regime}", flush=True)

    def reason(self):
        text = get(f"{self.url}/api/v1/jobs/{JOB}")
        why = re.search(r'"why":("(?:[^"\\]|\\.)*")', text)
        return f"  ({json.loads(why.group(1))})" if why and why.group(1) != '""' else ""


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--interval-ms", type=int, default=20, help="between training steps")
    parser.add_argument("--fault", default="lr-jump@500:100", help="what goes wrong, and when (demo_trainer --help)")
    options = parser.parse_args()
    # Ctrl-C reaches the children too; both end by themselves on it, and we tell the end of the story.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))

    folder = options.bin.parent / "run"
    folder.mkdir(exist_ok=True)
    training_log, lossd_log = folder / f"{JOB}.log", folder / "lossd.log"
    training_log.write_text("")
    deadline = time.monotonic() + options.seconds
    started = []
    try:
        with open(lossd_log, "wb") as log:
            lossd = subprocess.Popen([options.bin / "lossd", "serve", "--web.listen-address", free_address(), training_log],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        started.append(lossd)
        url = listening_url(lossd, lossd_log)
        if url is None:
            print(f"lossd did not start:\n{lossd_log.read_text()}", file=sys.stderr)
            return 1
        trainer = subprocess.Popen([options.bin / "demo_trainer", "--output", training_log, "--steps", str(STEPS), "--interval-ms",
                                    str(options.interval_ms), "--fault", options.fault])
        started.append(trainer)
        print(f"lossd serves     {url}/  ({url}/metrics, {url}/api/v1/jobs/{JOB})\n"
              f"it follows       {training_log}  (a small network learns; {options.fault})\n"
              f"its own log      {lossd_log}\n", flush=True)
        watch = Watch(url)
        while trainer.poll() is None and time.monotonic() < deadline:
            if lossd.poll() is not None:
                print(f"lossd ended by itself:\n{lossd_log.read_text()}", file=sys.stderr)
                return 1
            watch.look()
            time.sleep(0.1)
        print(f"\nThe end: the run was {watch.regime}.", flush=True)
        return 0
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
        return 0
    finally:
        for process in reversed(started):
            end(process)


if __name__ == "__main__":
    sys.exit(main())
