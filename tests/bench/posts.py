"""Single samples posted over HTTP, beside Pushgateway's PUT in the same run: requests a second under `wrk`, and how long they take.

usage: posts.py BIN_DIR [--seconds N] [--connections N] [--batch N] [--jobs N]

Needs wrk; Pushgateway is left out where it is not installed (prometheus-pushgateway; LOSSD_PUSHGATEWAY names another program). Also: NDJSON
batches, and single posts while a large page is scraped all the time, as text and packed. The longest turn is that of lossd's loop, of its
CPU: so long a post waits for others, whatever else the machine does.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.measured_daemon import MANY_JOBS, MeasuredDaemon, cpu_seconds  # noqa: E402
from support.ports import free_port  # noqa: E402

SCRIPT = """
wrk.method = "{method}"
wrk.headers["Content-Type"] = "{type}"
local body = {body}
request = function() return wrk.format(nil, nil, nil, body) end
"""


def wait_for(port):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def wrk(folder, url, method, kind, body, seconds, connections):
    """Requests a second, the 99th percentile in ms, and how many were no success."""
    script = folder / "post.lua"
    script.write_text(SCRIPT.format(method=method, type=kind, body="[==[" + body + "]==]"))
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url], capture_output=True, text=True, check=True)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
    p99 = float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return rate, p99, int(failed.group(1)) if failed else 0


@contextlib.contextmanager
def pushgateway():
    """Its process and its port; None where it is not installed."""
    program = os.environ.get("LOSSD_PUSHGATEWAY") or shutil.which("prometheus-pushgateway")
    if not program:
        yield None
        return
    port = free_port()
    process = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(30)


class Scraper:
    """Takes the page again and again."""

    def __init__(self, daemon, options):
        self.daemon, self.options = daemon, options
        self.pages = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopping.is_set():
            self.pages.append(self.daemon.take_page(*self.options))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def measure_all(daemon, gateway, folder, options):
    url = f"{daemon.url}/api/v1/samples"
    print(f"{'':<52} {'requests/s':>10} {'p99, ms':>9} {'us CPU':>8} {'failed':>7} {'longest turn, ms':>17}")

    def measure(title, pid, *arguments):
        daemon.longest_turn()
        before = cpu_seconds(pid)
        rate, p99, failed = wrk(folder, *arguments, options.seconds, options.connections)
        cpu = 1e6 * (cpu_seconds(pid) - before) / max(rate * options.seconds, 1)
        turn = daemon.longest_turn() if pid == daemon.process.pid else None
        print(f"{title:<52} {rate:>10.0f} {p99:>9.2f} {cpu:>8.1f} {failed:>7} {'' if turn is None else format(turn, '.1f'):>17}", flush=True)
        return rate

    ours = daemon.process.pid
    sample = json.dumps({"training_job": "llama", "step": 120, "loss": 2.31, "lr": 3e-4})
    single = ours, url, "POST", "application/json", sample
    rate = measure("lossd, one sample a request", *single)
    if gateway:
        pid, port = gateway
        theirs = measure("Pushgateway, PUT of one sample", pid, f"http://127.0.0.1:{port}/metrics/job/llama", "PUT", "text/plain",
                         "# TYPE training_loss gauge\ntraining_loss 2.31\n")
        print(f"{'':<52} {rate / theirs:>9.1f}x")
    batch = "".join(json.dumps({"training_job": f"job-{i % 10}", "step": i, "loss": 2.31, "lr": 3e-4}) + "\n" for i in range(options.batch))
    rate = measure(f"lossd, {options.batch} lines a request", ours, url, "POST", "application/x-ndjson", batch)
    print(f"{'  samples/s':<52} {rate * options.batch:>10.0f}")
    daemon.post_jobs(options.jobs)
    for coding, curl_options in (("text", ()), ("gzip", ("-H", "Accept-Encoding: gzip"))):
        daemon.forget_peak()
        resident = daemon.resident_mebibytes()
        with Scraper(daemon, curl_options) as scraper:
            measure(f"lossd, one sample, {options.jobs} jobs scraped ({coding})", *single)
        more = daemon.resident_mebibytes("VmHWM") - resident
        best = min(seconds for seconds, _ in scraper.pages)
        print(f"  {len(scraper.pages)} scrapes of {scraper.pages[-1][1] / 1e6:.0f} MB, {best:.2f} s at best; {more:.1f} MiB more than without")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench posts")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100_000, help="of the page that is scraped meanwhile")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("posts: wrk is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with MeasuredDaemon(options.bin, folder, MANY_JOBS) as daemon, pushgateway() as gateway:
            measure_all(daemon, gateway, folder, options)


if __name__ == "__main__":
    main()
