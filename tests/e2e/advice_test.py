"""A training run whose learning rate becomes far too high, with lossd's advice and without it."""

import json
import statistics

from support import testing
from support.lossd_daemon import Lossd

JUMP = 800
STEPS = 2400


class AdvisedTraining(testing.TestCase):
    """The trainer asks at steps, and waits for an answer about the step it asks at: how fast the machine is does not count."""

    def train(self, *arguments, follow_advice=True):
        """Trains to the end; the losses in the order of the log, what the trainer said, and what lossd advises at the end."""
        log = self.folder / "advised.log"
        log.touch()
        lossd = Lossd(self, log)
        advice = ("--advice-url", f"http://{lossd.address}/api/v1/jobs/advised/advice") if follow_advice else ()
        trainer = testing.run(testing.DEMO_TRAINER, "--format", "json", "--output", log, "--steps", STEPS, *arguments, *advice,
                              timeout=200)
        self.assertEqual(trainer.returncode, 0, trainer.stderr)
        losses = [(record["step"], record["loss"]) for record in map(json.loads, log.read_text().splitlines()) if "loss" in record]
        self.scrape = lossd.wait_for_samples("advised", len(losses), seconds=60)
        return losses, trainer.stderr, lossd.get("/api/v1/jobs/advised/advice").json

    @staticmethod
    def levels(losses):
        """The mean loss before the jump, and at the end."""
        before = [loss for step, loss in losses[:JUMP] if step >= JUMP - 100]
        return statistics.fmean(before), statistics.fmean(loss for _, loss in losses[-200:])

    def test_without_advice_the_run_stays_diverged(self):
        losses, said, _ = self.train("--fault", f"lr-jump@{JUMP}:30", follow_advice=False)
        before, end = self.levels(losses)
        self.assertGreater(end, 5 * before)
        self.assertGreaterEqual(self.scrape.value("training_regime_transitions_total", training_job="advised", regime="diverging"), 1)
        self.assertEqual(said, "")

    def test_with_advice_it_recovers(self):
        losses, said, advice = self.train("--fault", f"lr-jump@{JUMP}:30")
        before, end = self.levels(losses)
        self.assertGreater(max(loss for _, loss in losses[JUMP:]), 5 * before, "it never diverged")
        self.assertLess(end, 1.2 * before, said)
        self.assertNotIn(advice["regime"], ("diverging", "non_finite"))
        self.assertEqual(advice["ratio"], 1, advice)
        self.assertIn("learning rate x 0.5", said)
        self.assertIn("back to step", said)

    def test_a_healthy_run_is_left_alone_before_it_is_flat(self):
        losses, said, _ = self.train()
        before, end = self.levels(losses)
        self.assertLess(end, before)
        self.assertNotIn("diverging", said)
        self.assertNotIn("back to step", said)

    def test_training_goes_on_where_nobody_advises(self):
        trainer = testing.run(testing.DEMO_TRAINER, "--steps", 200, "--advice-url", "http://127.0.0.1:1/api/v1/jobs/advised/advice")
        self.assertEqual(trainer.returncode, 0)
        self.assertEqual(trainer.stderr.count("nobody advises"), 1)
        self.assertGreater(trainer.stdout.count("\n"), 199)


if __name__ == "__main__":
    testing.main()
