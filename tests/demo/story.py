"""What `./dev run` shows: lossd follows a training run that is healthy until its learning rate jumps.

usage: story.py BIN_DIR [--seconds N] [--steps N] [--interval-ms N] [--fault KIND@STEP[:AMOUNT]]

Ends when lossd has read all of a training that has ended, after N seconds, or on Ctrl-C; lossd and the trainer end with it. Exits with 1
where lossd fails.
"""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

JOB = "demo"
USUAL_PORT = 10333
HEADING = f"{'step':>6} {'loss':>9} {'best':>9} {'velocity':>11} {'acceleration':>13}  regime"
BAD = {"diverging", "non_finite", "oscillating", "stalled", "constant", "overfitting"}
EXCERPT = ("loss_velocity{", "loss_acceleration{", "training_regime{", "training_loss{", "training_loss_samples_total{")


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def listening_url(lossd, log):
    """Where lossd says that it listens; None where it ended instead."""
    for _ in range(3000):
        found = re.search(r"address=127\.0\.0\.1 port=(\d+)\s", log.read_text())
        if found:
            return f"http://127.0.0.1:{found.group(1)}"
        if lossd.poll() is not None:
            return None
        time.sleep(0.02)
    return None


def start_lossd(program, training_log, log):
    """On the usual port, or on any where somebody holds that: the process, and where it listens."""
    for port in (USUAL_PORT, 0):
        with open(log, "wb") as out:
            lossd = subprocess.Popen([program, "serve", "--web.listen-address", f"127.0.0.1:{port}", training_log],
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        url = listening_url(lossd, log)
        if url is not None or "in use" not in log.read_text():
            break
    return lossd, url


class Watch:
    """Prints a line a second, the metrics page's excerpt now and then, and each change of regime when it is seen."""

    def __init__(self, url):
        self.url = url
        self.regime = None
        self.went_wrong = False
        self.next_line = self.next_excerpt = 0.0

    def has_read(self, log):
        read = re.search(r"^lossd_bytes_read_total (\S+)$", get(f"{self.url}/metrics"), re.MULTILINE)
        return read is not None and float(read[1]) >= log.stat().st_size

    def look(self):
        page = get(f"{self.url}/metrics")
        value = lambda pattern: (re.search(rf"^{pattern} (\S+)$", page, re.MULTILINE) or [None, None])[1]
        regime = (re.search(r'^training_regime\{[^}]*regime="(\w+)"[^}]*\} 1$', page, re.MULTILINE) or [None, None])[1]
        if regime is None:
            return
        step = value(r"training_step\{[^}]*\}")
        self.went_wrong = self.went_wrong or regime in BAD
        told = regime + self.above_best(value)
        if regime != self.regime:
            print(f"   >>> step {step}: {self.regime or 'start'} -> {told}{self.reason()}", flush=True)
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
                  f"{number(value(r'training_loss_best{[^}]*}'), '.4f'):>9} "
                  f"{number(value(r'loss_velocity{[^}]*window=.30.[^}]*}'), '+.6f'):>11} "
                  f"{number(value(r'loss_acceleration{[^}]*window=.30.[^}]*}'), '+.6f'):>13}  {told}", flush=True)

    def above_best(self, value):
        """What a regime after trouble leaves unsaid: a loss that falls from far above has not come back."""
        now, best = (value(rf"training_loss_{which}{{[^}}]*}}") for which in ("smoothed", "best"))
        if not self.went_wrong or not now or not best or not float(now) > 2 * float(best) > 0:
            return ""
        return f", {float(now) / float(best):.3g} times its best"

    def reason(self):
        text = get(f"{self.url}/api/v1/jobs/{JOB}")
        why = re.search(r'"why":("(?:[^"\\]|\\.)*")', text)
        return f"  ({json.loads(why.group(1))})" if why and why.group(1) != '""' else ""


def level_before(run, sample):
    """The smoothed loss a little before a sample of the run: a rise begins before it is told."""
    before = sample - min(20, sample // 4)
    found = [value for at, value in zip(run["sample"], run["smoothed"] or []) if at <= before and isinstance(value, (int, float))]
    return found[-1] if found else None


def ending(run):
    """What became of the run, from what lossd knows of it: its changes of regime, its level then and now, its best."""
    marks, best, now = run["regimes"], run["best_loss"], run["smoothed_loss"]
    where = lambda mark: f"step {mark['step']}" if mark["step"] is not None else f"sample {mark['sample']}"
    learnt = f"the loss fell to {best:.4g} (its best, at step {run['best_step']})" if isinstance(best, (int, float)) else "no loss was a number"
    bad = [mark for mark in marks if mark["regime"] in BAD]
    if not bad:
        return f"nothing went wrong: {learnt}, and was {run['regime'].replace('_', ' ')} in the end."
    first = bad[0]
    before = level_before(run, first["sample"])
    told = f"{learnt}; from {where(first)} on it was {first['regime'].replace('_', ' ')}"
    if not isinstance(run["last_loss"], (int, float)):
        return f"{told}, and it ended without a number. The run is lost."
    if now is None or before is None or now <= before + 0.2 * abs(before):
        level = "" if before is None else f" ({before:.4g} before)"
        return f"{told}{level}, and came back: it ended at {now:.4g}, {run['regime'].replace('_', ' ')}."
    ratio = f", {now / best:.3g} times its best" if best > 0 else ""
    advice = f" Go back to a checkpoint from before step {run['checkpoint_before_step']}." if run["checkpoint_before_step"] else ""
    return f"{told} ({before:.4g} before), and it never came back: it ended at {now:.4g}{ratio}.{advice}"


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
    parser.add_argument("--steps", type=int, default=4000, help="of the training")
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
        lossd, url = start_lossd(options.bin / "lossd", training_log, lossd_log)
        started.append(lossd)
        if url is None:
            print(f"lossd did not start:\n{lossd_log.read_text()}", file=sys.stderr)
            return 1
        trainer = subprocess.Popen([options.bin / "demo_trainer", "--output", training_log, "--steps", str(options.steps), "--interval-ms",
                                    str(options.interval_ms), "--fault", options.fault])
        started.append(trainer)
        print(f"lossd serves     {url}/  ({url}/metrics, {url}/api/v1/jobs/{JOB})\n"
              f"it follows       {training_log}  (a small network learns; {options.fault})\n"
              f"its own log      {lossd_log}\n", flush=True)
        watch = Watch(url)
        while time.monotonic() < deadline and (trainer.poll() is None or not watch.has_read(training_log)):
            if lossd.poll() is not None:
                print(f"lossd ended by itself:\n{lossd_log.read_text()}", file=sys.stderr)
                return 1
            watch.look()
            time.sleep(0.1)
        runs = json.loads(get(f"{url}/api/v1/jobs/{JOB}/history?main=1"))["series"] if watch.regime else []
        print(f"\nThe end: {ending(runs[0]) if runs else 'no loss came.'}", flush=True)
        return 0
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
        return 0
    finally:
        for process in reversed(started):
            end(process)


if __name__ == "__main__":
    sys.exit(main())
