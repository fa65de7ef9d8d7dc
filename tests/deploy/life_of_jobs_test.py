"""How jobs end, up to the pager: a failed, a hung, an ended and a slow one side by side, through real servers with the shipped files in scaled time."""

import json
import os
import signal
import sys
import time

from alertmanager_server import Alertmanager, Webhook
from deployed_metrics import DEPLOY
from scaled_time import scaled_alertmanager, scaled_rules
from support import testing
from support.lossd_daemon import Lossd
from support.prometheus_server import Prometheus

FACTOR = 10
# One training process: it holds its log open, and writes a step every so often.
TRAIN = """
import sys, time
path, interval, steps, last = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
log = open(path, "a", buffering=1)
for step in range(steps):
    log.write(f"step {step} loss {3 - step * 0.001:.4f}\\n")
    time.sleep(interval)
log.write(last)
"""
TRACEBACK = 'Traceback (most recent call last):\n  File "train.py", line 10, in <module>\nRuntimeError: shapes cannot be multiplied\n'
PAGES = {"failed": "TrainingFailed", "hung": "TrainingStalled"}


class LifeOfJobs(testing.TestCase):
    def setUp(self):
        super().setUp()
        (self.folder / "logs").mkdir()
        self.script = self.write("train.py", TRAIN)
        config = self.write("lossd.yml", "jobs: {stall_after: 12s}\n")
        self.lossd = Lossd(self, "--config.file", config, self.folder / "logs")
        self.webhook = Webhook(self)
        self.alertmanager = Alertmanager(self, self.webhook, lambda shipped: scaled_alertmanager(shipped, FACTOR))
        rules = self.write("alerts.yml", scaled_rules((DEPLOY / "prometheus/alerts.yml").read_text(), FACTOR))
        self.prometheus = Prometheus(self, [self.lossd.address], extra_config=(
            f"rule_files: {json.dumps([str(rules)])}\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{self.alertmanager.address}']}}]}}]}}\n"))
        self.prometheus.wait_for("up == 1")

    def train(self, job, interval, steps, last=""):
        # In a session of its own: what is stopped there is no concern of whoever started the test, and may have gone meanwhile.
        return self.start(sys.executable, self.script, self.folder / "logs" / f"{job}.log", interval, steps, last, start_new_session=True)

    def paged(self, job, status):
        return [alert["labels"]["alertname"] for _, path, alert in self.webhook.notices
                if path == "/page" and alert["labels"].get("training_job") == job and alert["status"] == status]

    def state(self, job):
        return self.lossd.get(f"/api/v1/jobs/{job}").json["state"]

    def test_pages_come_for_the_failed_and_the_hung_alone_stay_and_resolve(self):
        self.addCleanup(lambda: print("alerts:", self.prometheus.query("ALERTS"), "\nnotices:", [
            (path, alert["status"], alert["labels"]["alertname"], alert["labels"].get("training_job")) for _, path, alert in self.webhook.notices]))
        hung = self.train("hung", 0.2, 100000)
        self.train("slow", 6, 100000)
        self.train("failed", 0.2, 60, TRACEBACK)
        self.train("ended", 0.2, 60, "Training completed.\n")
        self.lossd.wait_for(lambda scrape: (scrape.value("training_loss_samples_total", training_job="hung") or 0) > 30, "the hung job to train", 240)
        os.kill(hung.pid, signal.SIGSTOP)
        begin = time.monotonic()
        for job, alert in PAGES.items():
            testing.wait_until(lambda job=job: self.paged(job, "firing"), f"the page about {job}", 240)
            self.assertEqual(set(self.paged(job, "firing")), {alert})
            print(f"{job}: page after {time.monotonic() - begin:.0f} s")
        self.assertEqual(self.state("failed"), "failed")
        (page,) = [alert for _, _, alert in self.webhook.notices if alert["labels"]["alertname"] == "TrainingFailed"][:1]
        self.assertEqual(page["annotations"]["summary"], "failed has failed: exception")
        self.assertIn("RuntimeError: shapes cannot be multiplied", page["annotations"]["description"])
        self.assertRegex(page["annotations"]["details"], r"The last sample came \d{4}-.*, at step 59\. The train loss was 2\.941\.")
        self.assertEqual(page["annotations"]["job_url"], f"http://{self.lossd.address}/jobs/failed")

        # They stay while the trouble lasts: longer than each window and wait of the rules.
        hold = time.monotonic() + 75
        while time.monotonic() < hold:
            active = {(alert, job) for alert, job, _ in self.alertmanager.alerts() if (alert, job) in {(name, of) for of, name in PAGES.items()}}
            self.assertEqual(active, {(alert, job) for job, alert in PAGES.items()})
            self.assertEqual([self.paged(job, "resolved") for job in PAGES], [[], []])
            time.sleep(0.5)
        self.assertEqual((self.state("ended"), self.state("slow")), ("ended", "running"))

        # And resolve when it ends: one goes on, one is started again.
        os.kill(hung.pid, signal.SIGCONT)
        self.train("failed", 0.2, 100000)
        for job, alert in PAGES.items():
            testing.wait_until(lambda job=job: self.paged(job, "resolved"), f"the end of the page about {job}", 240)
            self.assertEqual(set(self.paged(job, "resolved")), {alert})
        for job in ("ended", "slow"):
            self.assertEqual(self.paged(job, "firing"), [])


if __name__ == "__main__":
    testing.main()
