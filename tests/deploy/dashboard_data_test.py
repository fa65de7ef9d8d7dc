"""Every query of every panel, variable and annotation of the dashboards, asked of a real Prometheus that holds real samples."""

import json
import re
import time

import yaml

from deployed_metrics import DEPLOY
from support import testing
from support.lossd_daemon import Lossd
from support.prometheus_server import Prometheus

DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
# What Grafana puts in place of its variables.
VARIABLES = {"$job": "lossd", "$instance": ".+", "$loss": ".+", "$cluster": ".*", "$namespace": ".*", "$window": "30", "$__rate_interval": "10s", "$__range": "1m"}
# Panels that show what the healthy job has not.
PANEL_JOBS = {"Failure": "failing", "Loss scale": "halved", "Skipped steps": "halved"}
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
        self.began = time.time()
        logs = {job: self.folder / f"{job}.log" for job in (*JOBS, "failing", "halved")}
        lossd = Lossd(self, *logs.values())
        self.prometheus = Prometheus(self, [lossd.address])
        self.prometheus.wait_for("up == 1")
        # From here on, so that Prometheus sees the counters before the events and after them.
        for job, arguments in JOBS.items():
            self.start(testing.DEMO_TRAINER, "--output", logs[job], "--format", "json", "--eval-every", "5", "--interval-ms", "10",
                       "--steps", "20000", *arguments)
        steps = "".join(f"step {step} loss {3 - step / 100}\n" for step in range(50))
        logs["failing"].write_text(steps + "Traceback (most recent call last):\nRuntimeError: shapes cannot be multiplied\n")
        overflow = "[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768\n"
        logs["halved"].write_text(steps + overflow)
        lossd.post({"training_job": "healthy", "loss": "much"})
        with open(logs["healthy"], "a") as log:
            log.write("this line tells nothing\n")
        self.prometheus.wait_for('training_loss_nonfinite_total{training_job="poisoned",kind="nan"} > 0')
        self.prometheus.wait_for('training_restarts_total{training_job="resumed"} > 0')
        self.prometheus.wait_for('training_loss_samples_total{training_job="healthy",loss="eval"} > 10')
        with open(logs["halved"], "a") as log:
            log.write(overflow)
        self.prometheus.wait_for('training_skipped_steps_total{training_job="halved"} > 1')
        self.prometheus.wait_for('training_failure_info{training_job="failing"} == 1')

    def assert_data(self, what, expression):
        """At some time: a panel and an annotation show a stretch of time, and an event is soon over."""
        with self.subTest(what, expression=expression):
            testing.wait_until(lambda: self.prometheus.query_range(expression, self.began), f"data for {what}: {expression}")

    def test_every_query_gives_data(self):
        asked = 0
        for path in DASHBOARDS:
            board = json.loads(path.read_text())
            for panel in board["panels"]:
                for target in panel.get("targets", []):
                    self.assert_data(f"{path.name}: {panel['title']} {target['refId']}", filled(target["expr"], PANEL_JOBS.get(panel["title"], "healthy")))
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


class EncodedRegimes(testing.TestCase):
    """A number that stands for a word is never added up."""

    def panel(self, board, title):
        (found,) = [each for each in json.loads((DEPLOY / "grafana/dashboards" / board).read_text())["panels"] if each.get("title") == title and "targets" in each]
        return found

    def test_two_jobs_of_one_name_show_their_own_regimes(self):
        series = [{"series": f'training_regime{{job="lossd",instance="{instance}",namespace="{namespace}",training_job="j",loss="train",regime="{regime}"}}',
                   "values": str(int(regime == current))}
                  for instance, namespace, current in (("a:1", "x", "diverging"), ("b:1", "y", "converging"), ("c:1", "y", "converging"))
                  for regime in ("undecided", "converging", "diverging", "non_finite")]
        panel = self.panel("fleet.json", "Regime of the worst")
        words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        number = {value["text"]: int(key) for key, value in words.items()}
        expected = [{"labels": f'{{namespace="{namespace}",training_job="j",loss="train"}}', "value": number[regime]}
                    for namespace, regime in (("x", "diverging"), ("y", "converging"))]
        test = {"interval": "1m", "input_series": series,
                "promql_expr_test": [{"expr": filled(panel["targets"][0]["expr"]), "eval_time": "0s", "exp_samples": expected}]}
        result = testing.run(testing.find_program("promtool"), "test", "rules", self.write("boards.yml", yaml.safe_dump({"tests": [test]})))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_regime_and_state_has_its_number_and_none_is_added_up(self):
        source = (testing.ROOT / "src/core/regime/regime.cc").read_text() + (testing.ROOT / "src/core/regime/regime.h").read_text()
        encoded = 0
        for path in DASHBOARDS:
            for panel in json.loads(path.read_text())["panels"]:
                for target in panel.get("targets", []):
                    numbers = dict(re.findall(r'(\d+) \* training_(?:regime|job_state)\{[^}]*(?:regime|state)="(\w+)"\}', target["expr"]))
                    if not numbers:
                        continue
                    encoded += 1
                    self.assertNotRegex(target["expr"], r"\bsum\b")
                    mappings = re.search(r'"0": \{"text": .*?\}\}', json.dumps(panel["fieldConfig"])).group(0)
                    told = dict(re.findall(r'"(\d+)": \{"text": "(\w+)"', mappings))
                    self.assertEqual(told, numbers)
                    if "diverging" in numbers.values():
                        self.assertTrue(all(f'"{regime}"' in source for regime in numbers.values()))
                        self.assertEqual(len(numbers), 11)
        self.assertGreater(encoded, 4)

    def test_what_a_run_is_looked_at_with_is_there(self):
        by_step = self.panel("job.json", "Loss by step")
        self.assertEqual((by_step["type"], by_step["options"]["xField"]), ("trend", "step"))
        self.assertEqual(self.panel("job.json", "Loss, logarithmic")["fieldConfig"]["defaults"]["custom"]["scaleDistribution"]["type"], "log")
        for title in ("State", "Failure", "Gap", "Overfitting", "Loss scale"):
            self.assertTrue(self.panel("job.json", title)["targets"])
        for path in DASHBOARDS:
            names = [each["name"] for each in json.loads(path.read_text())["templating"]["list"]]
            self.assertLessEqual({"cluster", "namespace"}, set(names))


if __name__ == "__main__":
    testing.main()
