"""Single samples posted over HTTP, beside Pushgateway's PUT in the same run: requests a second under `wrk`, and how long they take.

  posts BIN [--seconds N] [--connections N] [--batch N]

Needs wrk; Pushgateway is left out where it is not installed (prometheus-pushgateway; LOSSD_PUSHGATEWAY names another program). Also: NDJSON
batches, and single posts while a large page is scraped all the time.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

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


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=20_000, help="of the page that is scraped meanwhile")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("posts: wrk is not installed")
    gateway_program = os.environ.get("LOSSD_PUSHGATEWAY") or shutil.which("prometheus-pushgateway")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        config = folder / "lossd.yml"
        config.write_text("jobs:\n  max_jobs: 200000\n  max_series: 200000\n")
        port, gateway_port = free_port(), free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes = [subprocess.Popen([options.bin / "lossd", "serve", f"--web.listen-address=127.0.0.1:{port}", f"--config.file={config}"], **quiet)]
        if gateway_program:
            processes.append(subprocess.Popen([gateway_program, f"--web.listen-address=127.0.0.1:{gateway_port}"], **quiet))
        try:
            wait_for(port)
            url = f"http://127.0.0.1:{port}/api/v1/samples"
            row = "{:<44} {:>10.0f} {:>9.2f} {:>8.1f} {:>7}"
            print(f"{'':<44} {'requests/s':>10} {'p99, ms':>9} {'us CPU':>8} {'failed':>7}")

            def measure(title, pid, *arguments):
                before = cpu_seconds(pid)
                rate, p99, failed = wrk(folder, *arguments, options.seconds, options.connections)
                print(row.format(title, rate, p99, 1e6 * (cpu_seconds(pid) - before) / max(rate * options.seconds, 1), failed), flush=True)
                return rate

            sample = json.dumps({"training_job": "llama", "step": 120, "loss": 2.31, "lr": 3e-4})
            ours = measure("lossd, one sample a request", processes[0].pid, url, "POST", "application/json", sample)
            if gateway_program:
                wait_for(gateway_port)
                theirs = measure("Pushgateway, PUT of one sample", processes[1].pid, f"http://127.0.0.1:{gateway_port}/metrics/job/llama", "PUT", "text/plain",
                                 "# TYPE training_loss gauge\ntraining_loss 2.31\n")
                print(f"{'':<44} {ours / theirs:>9.1f}x")
            batch = "".join(json.dumps({"training_job": f"job-{i % 10}", "step": i, "loss": 2.31, "lr": 3e-4}) + "\n" for i in range(options.batch))
            rate = measure(f"lossd, {options.batch} lines a request", processes[0].pid, url, "POST", "application/x-ndjson", batch)
            print(f"{'  samples/s':<44} {rate * options.batch:>10.0f}")
            for first in range(0, options.jobs, 2000):
                many = "".join(json.dumps({"training_job": f"run-{first + i}", "step": step, "loss": 3 - step / 10}) + "\n" for i in range(2000) for step in range(8))
                urllib.request.urlopen(url, many.encode()).read()
            stopping = threading.Event()
            pages = []

            def scrape():
                while not stopping.is_set():
                    begin = time.monotonic()
                    size = len(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read())
                    pages.append((time.monotonic() - begin, size))

            scraper = threading.Thread(target=scrape)
            scraper.start()
            measure(f"lossd, one sample, {options.jobs} jobs scraped meanwhile", processes[0].pid, url, "POST", "application/json", sample)
            stopping.set()
            scraper.join()
            status = pathlib.Path(f"/proc/{processes[0].pid}/status").read_text()
            peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
            print(f"  {len(pages)} scrapes of {pages[-1][1] / 1e6:.0f} MB, {min(seconds for seconds, _ in pages):.2f} s at best; peak memory {peak:.0f} MiB")
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


if __name__ == "__main__":
    main()
