"""Every metric and label in deploy/ is one that the binary can expose: a rename in the source fails here."""

import re

import deployed_metrics
from support import testing

# Labels that a series has beside those of its metric: Prometheus' own, the job's, and the opt-out of alerts.yml.
EVERY_SERIES = {"job", "instance", "training_job", "loss", "alerts", "namespace", "pod", "container", "cluster", "__name__"}


def catalogue():
    lines = testing.run(testing.BIN / "metric_catalogue").stdout.splitlines()
    return {name: set(labels.split(",")) - {""} for name, labels in (line.split("\t") for line in lines)}


class MetricNames(testing.TestCase):
    def test_every_expression_names_metrics_and_labels_of_the_binary(self):
        known = catalogue()
        wrong, seen = [], set()
        for path, text in deployed_metrics.expressions():
            for metric, labels in deployed_metrics.uses(text):
                seen.add(metric)
                if metric not in known:
                    wrong.append(f"{path}: no metric '{metric}'")
                    continue
                for label in labels - known[metric] - EVERY_SERIES:
                    if not label.startswith("alert_"):
                        wrong.append(f"{path}: '{metric}' has no label '{label}'")
        self.assertEqual(sorted(set(wrong)), [])
        self.assertGreater(len(seen), 20, "the expressions were not found")

    def test_every_document_names_metrics_of_the_binary(self):
        known = catalogue()
        wrong = []
        for path in sorted(deployed_metrics.DEPLOY.rglob("*.md")):
            for quoted in re.findall(r"`([^`\n]+)`", path.read_text()):
                wrong += [f"{path.name}: no metric '{name}'" for name, _ in deployed_metrics.uses(quoted) if name not in known]
        self.assertEqual(sorted(set(wrong)), [])

    def test_finds_names_and_labels(self):
        found = set(deployed_metrics.uses('max by (training_job) (rate(loss_velocity{window="10",job=~"$job"}[5m])) > on (loss) x:y'))
        self.assertEqual(found, {("loss_velocity", frozenset({"window", "job"}))})


if __name__ == "__main__":
    testing.main()
