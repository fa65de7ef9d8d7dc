"""A lossd that a benchmark watches: its processor time, its memory, and the longest turn of its loop."""

import http.client
import json
import os
import pathlib
import re
import struct
import subprocess
import time
import urllib.request

from support.ports import free_port


MANY_JOBS = "jobs:\n  max_jobs: 200000\n  max_series: 200000\n"


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class MeasuredDaemon:
    """`config`: the document. Runs from `with` to its end, or from start() to stop()."""

    def __init__(self, bin_dir, folder, config="", arguments=()):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.bin_dir, self.folder = pathlib.Path(bin_dir).resolve(), pathlib.Path(folder)
        self.turns = self.folder / "turns"
        self.turns.write_bytes(bytes(16))
        file = self.folder / "lossd.yml"
        file.write_text(config)
        self.command = [self.bin_dir / "lossd", "serve", f"--config.file={file}", f"--web.listen-address=127.0.0.1:{self.port}", *arguments]
        self.process = self.log = None

    def start(self, seconds=60):
        """Returns the seconds until it was ready."""
        self.log = open(self.folder / "lossd.log", "w+")
        preloaded = self.bin_dir / "loop_turns.so"
        environment = dict(os.environ, LOSSD_LOOP_TURNS=str(self.turns), **({"LD_PRELOAD": str(preloaded)} if preloaded.exists() else {}))
        start = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=environment)
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - start > seconds:
                raise SystemExit(f"waited in vain for lossd:\n{self.text()[-2000:]}")
            time.sleep(0.0005)
        return time.monotonic() - start

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(120)
        self.log.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise SystemExit(f"waited {seconds} s in vain:\n{self.text()[-2000:]}")

    def value(self, name):
        page = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
        return float(re.search(rf"^{name} (\S+)$", page, re.MULTILINE).group(1))

    def post_jobs(self, jobs, samples=8, at_once=500):
        for first in range(0, jobs, at_once):
            lines = "".join(json.dumps({"training_job": f"run-{job}", "step": step, "loss": 3 - step / 10}) + "\n"
                            for job in range(first, min(first + at_once, jobs)) for step in range(samples))
            urllib.request.urlopen(f"{self.url}/api/v1/samples", lines.encode()).read()

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def take_page(self, *options):
        """By curl, which costs little, with these options: seconds, and bytes on the wire."""
        command = ["curl", "-s", "-o", os.devnull, "-w", "%{time_total} %{size_download}", *options, f"{self.url}/metrics"]
        seconds, size = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return float(seconds), int(size)

    def resident_mebibytes(self, field="VmRSS"):
        """`field`: VmHWM is the most that there ever was, since forget_peak()."""
        return int(re.search(rf"{field}:\s+(\d+) kB", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def longest_turn(self):
        """Of the loop, since this was last asked for: milliseconds of the thread's CPU. None where it is not known."""
        with open(self.turns, "r+b") as file:
            cpu, wall = struct.unpack("dd", file.read())
            file.seek(0)
            file.write(bytes(16))
        return 1e3 * cpu if wall > 0 else None
