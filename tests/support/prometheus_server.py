"""Debian's Prometheus, run by a test: its own folder, a free port of loopback, never a system service."""

import json
import os
import subprocess
import time
import urllib.parse
import urllib.request

from support import testing
from support.ports import free_port


class Prometheus:
    """Scrapes `targets` (host:port) once a second: a scrape that takes longer is one that failed."""

    def __init__(self, test, targets, extra_config="", scrape_options=""):
        program = testing.find_program("prometheus")
        folder = test.folder / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 500ms}\n"
            f"{extra_config}"
            "scrape_configs:\n"
            f"  - {{job_name: lossd, {scrape_options} static_configs: [{{targets: {json.dumps(targets)}}}]}}\n")
        self.address = f"127.0.0.1:{free_port()}"
        self._log_path = folder / "log"
        with open(self._log_path, "wb") as log:
            self.process = test.start(
                program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={self.address}", stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "GOMAXPROCS": "2"})
        testing.wait_until(self._ready, "Prometheus to be ready")

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Prometheus ended:\n{self._log_path.read_text()}")
        with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
            return answer.status == 200

    def _ask(self, call, **parameters):
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{call}?{urllib.parse.urlencode(parameters)}", timeout=60) as answer:
            return json.load(answer)["data"]["result"]

    def query(self, expression):
        """The instant vector as [(labels, value)]."""
        return [(series["metric"], float(series["value"][1])) for series in self._ask("query", query=expression)]

    def samples(self, selector, seconds):
        """What was stored in the last `seconds`, as [(labels, [(moment, value)])]."""
        return [(series["metric"], [(float(moment), float(value)) for moment, value in series["values"]])
                for series in self._ask("query", query=f"{selector}[{seconds}s]")]

    def query_range(self, expression, start):
        """The series that the expression gave at some second since `start`, a time of the system's clock, as a dashboard asks for them."""
        return [series["metric"] for series in self._ask("query_range", query=expression, start=start, end=time.time(), step=1)]

    def failed_scrapes(self):
        """The targets of which a scrape has failed in the last minutes, but for those that a busy machine made too slow."""
        return self.query("max_over_time(((1 - up) * (scrape_duration_seconds < bool 1))[5m:1s]) > 0")

    def wait_for(self, expression, what=None, seconds=120):
        """Asks until the expression gives at least one series."""
        return testing.wait_until(lambda: self.query(expression), what or expression, seconds)
