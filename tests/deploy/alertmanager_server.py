"""Debian's Alertmanager with the shipped configuration, and the webhook that it pages: both a test's own, on loopback."""

import http.server
import json
import subprocess
import threading
import time
import urllib.request

from deployed_metrics import DEPLOY
from support import testing
from support.ports import free_port


class Webhook:
    """Takes what Alertmanager sends. `notices` is [(monotonic time, path, alert)], in order of arrival."""

    def __init__(self, test):
        notices = self.notices = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                notices.extend((time.monotonic(), self.path, alert) for alert in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        test.addCleanup(thread.join)
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)

    def about(self, job):
        """[(time, path, name of the alert)] of what was firing for a training job."""
        return [(when, path, alert["labels"]["alertname"]) for when, path, alert in self.notices
                if alert["labels"].get("training_job") == job and alert["status"] == "firing"]


class Alertmanager:
    """Runs deploy/prometheus/alertmanager.yml as it is, but for the address of the webhook and what `change` makes of it."""

    def __init__(self, test, webhook, change=lambda shipped: shipped):
        program = testing.find_program("prometheus-alertmanager")
        shipped = (DEPLOY / "prometheus" / "alertmanager.yml").read_text()
        config = test.write("alertmanager.yml", change(shipped).replace("127.0.0.1:9095", webhook.address))
        self.address = f"127.0.0.1:{free_port()}"
        log = open(test.folder / "alertmanager.log", "wb")
        test.addCleanup(log.close)
        test.start(program, f"--config.file={config}", f"--storage.path={test.folder / 'alertmanager'}",
                   f"--web.listen-address={self.address}", "--cluster.listen-address=", stdout=log, stderr=subprocess.STDOUT)
        testing.wait_until(lambda: self._get("/-/ready") is not None, "Alertmanager to be ready")

    def _get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=60) as answer:
            return answer.read()

    def alerts(self):
        """[(alert, job, state)] of what Alertmanager holds: state is active or suppressed."""
        return [(each["labels"]["alertname"], each["labels"].get("training_job"), each["status"]["state"])
                for each in json.loads(self._get("/api/v2/alerts"))]
