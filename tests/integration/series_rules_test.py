"""Losses without meaning in their trend, and metrics that should rise: told per job in the configuration, fed by log and by HTTP."""

import json
import math

from support import testing
from support.lossd_daemon import Lossd

CONFIG = """
files:
  - path: {log}
    training_job: cartpole
    keys: {{metrics: [reward]}}
series:
  - {{training_job: "cartpole|gan-.*", loss: "reward", direction: higher_is_better}}
  - {{training_job: "cartpole|gan-.*", profile: trendless}}
"""


def noise(step):
    return 0.05 * math.sin(step * step)


def policy_loss(step):
    """Wanders upwards, as a policy's loss may in a run that goes well."""
    return 0.01 * step + noise(step)


def reward(step):
    """Learns until step 500, then forgets."""
    return (0.02 * step if step < 500 else 10 - 0.05 * (step - 500)) + noise(step)


class SeriesRules(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.write("cartpole.log", "")
        self.lossd = Lossd(self, "--config.file", self.write("lossd.yml", CONFIG.format(log=self.log)))

    def post(self, job, steps):
        for step in steps:
            yield {"training_job": job, "step": step, "losses": {"policy_loss": policy_loss(step), "reward": reward(step)}}

    def assert_judged(self, job, steps):
        """The policy's loss is never called diverging, and the reward only when it falls."""
        for loss in ("policy_loss", "reward"):
            self.lossd.wait_for_samples(job, steps, loss=loss)
        scrape = self.lossd.scrape()
        entered = lambda loss, regime: scrape.value("training_regime_transitions_total", training_job=job, loss=loss, regime=regime)
        self.assertEqual(entered("policy_loss", "diverging"), 0)
        self.assertGreaterEqual(entered("reward", "healthy") + entered("reward", "converging"), 1)
        self.assertEqual(entered("reward", "diverging"), 0 if steps <= 500 else 1)
        self.assertEqual(scrape.regime(job, "reward") == "diverging", steps > 500)

    def test_over_http(self):
        self.assertEqual(self.lossd.post(list(self.post("gan-7", range(500)))).status, 200)
        self.assert_judged("gan-7", 500)
        self.lossd.post(list(self.post("gan-7", range(500, 700))))
        self.assert_judged("gan-7", 700)
        best = self.lossd.scrape().value("training_loss_best", training_job="gan-7", loss="reward")
        self.assertAlmostEqual(best, 10, delta=0.1)

    def test_from_a_log(self):
        line = lambda step: json.dumps({"step": step, "policy_loss": round(policy_loss(step), 6), "reward": round(reward(step), 6)})
        for steps in (range(500), range(500, 700)):
            self.append("cartpole.log", "".join(line(step) + "\n" for step in steps))
            self.assert_judged("cartpole", steps[-1] + 1)

    def test_other_jobs_are_ordinary(self):
        self.lossd.post([{"training_job": "llm", "step": step, "loss": (3 - 0.004 * step if step < 500 else 1 + 0.02 * (step - 500)) + noise(step)}
                         for step in range(700)])
        self.assertEqual(self.lossd.scrape().regime("llm"), "diverging")


if __name__ == "__main__":
    testing.main()
