"""lossd writes to a real Prometheus that takes remote write."""

import json
import os
import subprocess
import urllib.parse
import urllib.request

from support import testing
from support.lossd_daemon import Lossd
from support.ports import free_port


class Receiver:
    """Debian's Prometheus, which scrapes nothing and takes what is written; may be stopped and started again."""

    def __init__(self, test):
        self._test = test
        self._folder = test.folder / "receiver"
        self._folder.mkdir()
        (self._folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        self.address = f"127.0.0.1:{free_port()}"
        self.start()

    def start(self):
        with open(self._folder / "log", "ab") as log:
            self.process = self._test.start(
                testing.find_program("prometheus"), f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address={self.address}",
                "--web.enable-remote-write-receiver", stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "GOMAXPROCS": "2"})
        testing.wait_until(self._ready, "Prometheus to be ready", 60)

    def stop(self):
        testing.end(self.process)

    def _ready(self):
        with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
            return answer.status == 200

    def ask(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]


class Writing(testing.TestCase):
    def lossd(self, receiver, more=""):
        config = self.write("lossd.yml", "external_labels: {cluster: west}\nremote_write:\n"
                            f"  - url: http://{receiver.address}/api/v1/write\n    interval: 1s\n    min_backoff: 100ms\n"
                            f"    max_backoff: 1s\n    labels: {{instance: login-1}}\n{more}")
        return Lossd(self, "--config.file", config)

    def test_values_arrive_and_end_with_the_process(self):
        receiver = Receiver(self)
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 7, "loss": 0.30000000000000004})
        found = testing.wait_until(lambda: receiver.ask('training_loss{training_job="written"}'), "the loss")
        self.assertEqual(float(found[0]["value"][1]), 0.30000000000000004)
        labels = found[0]["metric"]
        self.assertEqual((labels["instance"], labels["job"], labels["cluster"], labels["loss"]), ("login-1", "lossd", "west", "train"))
        self.assertEqual(lossd.stop(), 0)
        self.assertEqual(receiver.ask('training_loss{training_job="written"}'), [], "stale at once, not five minutes later")
        self.assertGreaterEqual(len(receiver.ask('training_loss{training_job="written"}[5m]')[0]["values"]), 1)

    def test_an_outage_loses_nothing(self):
        receiver = Receiver(self)
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        testing.wait_until(lambda: receiver.ask('training_step == 0'), "the first value")
        receiver.stop()
        lossd.post({"training_job": "written", "step": 1, "loss": 1})
        lossd.wait_for(lambda page: (page.value("lossd_remote_write_retries_total") or 0) > 0, "a retry")
        testing.wait_until(lambda: "remote write fails" in lossd.log(), "the log to say so")
        pending = lossd.scrape().value("lossd_remote_write_pending_samples")
        lossd.wait_for(lambda page: page.value("lossd_remote_write_pending_samples") > pending, "what is queued to grow")
        lossd.post({"training_job": "written", "step": 2, "loss": 1})
        receiver.start()
        testing.wait_until(lambda: receiver.ask('training_step == 2'), "the value behind the outage", 60)
        steps = [int(value) for _, value in receiver.ask('training_step{training_job="written"}[10m]')[0]["values"]]
        self.assertEqual(sorted(set(steps)), [0, 1, 2])
        self.assertEqual(lossd.scrape().value("lossd_remote_write_dropped_samples_total", reason="overflow"), 0)

    def test_a_job_that_is_removed_becomes_stale(self):
        receiver = Receiver(self)
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        testing.wait_until(lambda: receiver.ask('training_loss'), "the loss")
        self.assertEqual(lossd.request("DELETE", "/api/v1/jobs/written").status, 204)
        testing.wait_until(lambda: not receiver.ask('training_loss'), "the series to end")

    def test_a_full_queue_drops_the_oldest_and_counts_them(self):
        class Nobody:
            address = f"127.0.0.1:{free_port()}"
        lossd = self.lossd(Nobody, "    capacity: 1000\n")
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        lossd.wait_for(lambda page: (page.value("lossd_remote_write_dropped_samples_total", reason="overflow") or 0) > 0, "drops", 60)
        self.assertLessEqual(lossd.scrape().value("lossd_remote_write_pending_samples"), 1000)
        self.assertEqual(lossd.stop(), 0)


if __name__ == "__main__":
    testing.main()
