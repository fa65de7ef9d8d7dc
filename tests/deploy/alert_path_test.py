"""From a training run that goes wrong to the page: trainer, log, lossd, Prometheus, Alertmanager, webhook, with the shipped files."""

import json
import re
import time

from alertmanager_server import Alertmanager, Webhook
from deployed_metrics import DEPLOY
from support import testing
from support.lossd_daemon import Lossd
from support.prometheus_server import Prometheus

BAD_STEP = 400


class AlertPath(testing.TestCase):
    def train(self, name, *arguments):
        log = self.folder / f"{name}.log"
        self.start(testing.DEMO_TRAINER, "--output", log, "--interval-ms", "30", "--steps", "20000", *arguments)
        return log

    def first_bad_sample(self, log):
        """When the first line at or after the fault is in the log, on the clock of the webhook."""

        def written():
            steps = [int(step) for step in re.findall(r"iter (\d+):", log.read_text() if log.exists() else "")]
            return steps and max(steps) >= BAD_STEP and time.monotonic()

        return testing.wait_until(written, f"step {BAD_STEP} in {log.name}", 240)

    def test_a_page_comes_for_divergence_and_nan_and_none_for_a_healthy_run(self):
        jobs = ("healthy", "diverges", "nan")
        lossd = Lossd(self, *(self.folder / f"{job}.log" for job in jobs))
        webhook = Webhook(self)
        alertmanager = Alertmanager(self, webhook)
        rules = [str(DEPLOY / "prometheus" / name) for name in ("alerts.yml", "recording.yml")]
        prometheus = Prometheus(self, [lossd.address], extra_config=(
            f"rule_files: {json.dumps(rules)}\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager.address}']}}]}}]}}\n"))
        # Everybody watches before the training begins: a divergence that is over before it is first scraped pages nobody.
        self.train("healthy")
        logs = {
            "diverges": self.train("diverges", "--fault", f"lr-jump@{BAD_STEP}:100"),
            "nan": self.train("nan", "--fault", f"nan@{BAD_STEP}"),
        }
        # What a failure has to be explained by, while Prometheus can still be asked.
        self.addCleanup(lambda: print(
            "scrapes that failed:", prometheus.query("count_over_time(up[10m]) - sum_over_time(up[10m])"),
            "\nregimes entered:", prometheus.query("training_regime_transitions_total > 0"), "\nalerts:", prometheus.query("ALERTS")))
        bad = {job: self.first_bad_sample(logs[job]) for job in logs}

        for job, alert in (("nan", "TrainingLossNonFinite"), ("diverges", "TrainingLossDiverging")):
            first = testing.wait_until(lambda: webhook.about(job), f"the page about {job}", 240)[0]
            self.assertEqual(first[1:], ("/page", alert))
            print(f"{job}: first bad sample to page {first[0] - bad[job]:.1f} s")
        # The divergence paged last, so the others have had their time. A loss that is no number is not called diverging too.
        self.assertEqual({alert for _, _, alert in webhook.about("nan")}, {"TrainingLossNonFinite"})
        self.assertEqual(webhook.about("healthy"), [])
        self.assertEqual(prometheus.query('ALERTS{alertname=~"Lossd.+"}'), [])
        self.assertIn(("TrainingLossDiverging", "diverges", "active"), alertmanager.alerts())

    def test_non_finite_silences_what_follows_from_it_and_no_other_loss(self):
        webhook = Webhook(self)
        alertmanager = Alertmanager(self, webhook)
        labels = {"instance": "a:10333", "loss": "train", "job": "lossd", "severity": "critical"}
        alerts = [{"labels": {**labels, "alertname": name, "training_job": job, "loss": loss}}
                  for name, job, loss in (("TrainingLossNonFinite", "one", "train"), ("TrainingLossDiverging", "one", "train"),
                                          ("TrainingLossDiverging", "two", "train"),
                                          # An evaluation that is always NaN says nothing of the training loss.
                                          ("TrainingLossNonFinite", "three", "eval"), ("TrainingLossDiverging", "three", "train"))]
        sent = testing.run("curl", "-sf", "-H", "Content-Type: application/json", "-d", json.dumps(alerts),
                           f"http://{alertmanager.address}/api/v2/alerts")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        testing.wait_until(lambda: ("TrainingLossDiverging", "one", "suppressed") in alertmanager.alerts(), "the inhibition", 120)
        testing.wait_until(lambda: webhook.about("one") and webhook.about("two"), "both pages", 120)
        self.assertEqual([alert for _, _, alert in webhook.about("one")], ["TrainingLossNonFinite"])
        self.assertEqual([alert for _, _, alert in webhook.about("two")], ["TrainingLossDiverging"])
        testing.wait_until(lambda: len(webhook.about("three")) > 1, "both pages of the third", 120)
        self.assertEqual({alert for _, _, alert in webhook.about("three")}, {"TrainingLossNonFinite", "TrainingLossDiverging"})


if __name__ == "__main__":
    testing.main()
