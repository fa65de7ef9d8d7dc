"""Every query of every panel, variable and annotation of the dashboards, asked of a real Prometheus that holds real samples."""

import json
import re

from deployed_metrics import DEPLOY
from support import testing
from support.lossd_daemon import Lossd
from support.prometheus_server import Prometheus

DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
# What Grafana puts in place of its variables.
VARIABLES = {"$job": "lossd", "$instance": ".+", "$loss": ".+", "$window": "30", "$__rate_interval": "10s", "$__range": "1m"}
JOBS = {
    "healthy": (),
    "poisoned": ("--fault", "nan@300"),
    "resumed": ("--fault", "rewind@300:100"),
    "shaken": ("--fault", "corrupt@300:12"),
}


def filled(expression, job="healthy"):
    for name, value in sorted({**VARIABLES, "$training_job": job}.items(), key=lambda each: -len(each[0])):
        expression = expression.replace(name, value)
    assert "$" not in expression, f"a variable is left in {expression}"
    return expression


class DashboardData(testing.TestCase):
    def setUp(self):
        super().setUp()
        logs = {job: self.folder / f"{job}.log" for job in JOBS}
        lossd = Lossd(self, *logs.values())
        self.prometheus = Prometheus(self, [lossd.address])
        self.prometheus.wait_for("up == 1")
        # From here on, so that Prometheus sees the counters before the events and after them.
        for job, arguments in JOBS.items():
            self.start(testing.DEMO_TRAINER, "--output", logs[job], "--format", "json", "--eval-every", "5", "--interval-ms", "10",
                       "--steps", "20000", *arguments)
        lossd.post({"training_job": "healthy", "loss": "much"})
        with open(logs["healthy"], "a") as log:
            log.write("this line tells nothing\n")
        self.prometheus.wait_for('training_loss_nonfinite_total{training_job="poisoned",kind="nan"} > 0')
        self.prometheus.wait_for('training_restarts_total{training_job="resumed"} > 0')
        self.prometheus.wait_for('training_loss_samples_total{training_job="healthy",loss="eval"} > 10')

    def assert_data(self, what, expression):
        with self.subTest(what, expression=expression):
            testing.wait_until(lambda: self.prometheus.query(expression), f"data for {what}: {expression}", 20)

    def test_every_query_gives_data(self):
        asked = 0
        for path in DASHBOARDS:
            board = json.loads(path.read_text())
            for panel in board["panels"]:
                for target in panel.get("targets", []):
                    self.assert_data(f"{path.name}: {panel['title']} {target['refId']}", filled(target["expr"]))
                    asked += 1
            for variable in board["templating"]["list"]:
                if variable["type"] == "query":
                    selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"]).groups()
                    self.assert_data(f"{path.name}: variable {variable['name']}", filled(f"count by ({label}) ({selector})"))
                    asked += 1
        self.assertGreater(asked, 40)

    def test_every_annotation_finds_its_event(self):
        board = json.loads((DEPLOY / "grafana" / "dashboards" / "job.json").read_text())
        jobs = {"Regime changes": "healthy", "Spikes": "shaken", "Restarts": "resumed", "Non-finite": "poisoned"}
        annotations = {each["name"]: each["expr"] for each in board["annotations"]["list"] if "expr" in each}
        self.assertEqual(annotations.keys(), jobs.keys())
        for name, expression in annotations.items():
            self.assert_data(f"annotation {name}", filled(expression, jobs[name]))


if __name__ == "__main__":
    testing.main()
