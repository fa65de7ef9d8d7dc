"""Debian's Prometheus, run by a test: its own folder, a free port of loopback, never a system service."""

import json
import os
import subprocess
import urllib.parse
import urllib.request

from support import testing
from support.ports import free_port


class Prometheus:
    """Scrapes `targets` (host:port) twice a second: a scrape that takes longer is one that failed."""

    def __init__(self, test, targets, extra_config="", scrape_options=""):
        program = testing.find_program("prometheus")
        folder = test.folder / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\n"
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

    def query(self, expression):
        """The instant vector as [(labels, value)]."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{query}", timeout=10) as answer:
            result = json.load(answer)
        return [(series["metric"], float(series["value"][1])) for series in result["data"]["result"]]

    def wait_for(self, expression, what=None, seconds=60):
        """Asks until the expression gives at least one series."""
        return testing.wait_until(lambda: self.query(expression), what or expression, seconds)
