"""deploy/training: what a training loop does with lossd's advice, lossd's absence, and nonsense; and the ready example beside a real lossd."""

import contextlib
import io
import json
import statistics
import sys

from deployed_metrics import DEPLOY
from support import testing
from support.lossd_daemon import Lossd

sys.path.insert(0, str(DEPLOY / "training"))
import learning_rate_adviser  # noqa: E402
import train  # noqa: E402


class Scripted:
    """A lossd that answers as it is told, and a clock that stands still."""

    def __init__(self, answer, **options):
        self.answer, self.asked, self.now = answer, 0, 0.0
        self.adviser = learning_rate_adviser.LearningRateAdviser("http://lossd/advice", **{"every_steps": 10, "every_seconds": 0, **options},
                                                                 fetch=self.fetch, clock=lambda: self.now)

    def fetch(self, url, timeout):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()

    def run(self, steps):
        """The changes of so many steps."""
        changes = [self.adviser.after_step() for _ in range(steps)]
        return [change for change in changes if change != learning_rate_adviser.NO_CHANGE]


class Adviser(testing.TestCase):
    def test_lowers_the_rate_once_per_cool_down(self):
        lossd = Scripted({"ratio": 0.5, "reason": "diverging", "advice": "Halve it."}, cool_down_steps=100)
        self.assertEqual([change.factor for change in lossd.run(200)], [0.5, 0.5])
        self.assertEqual(lossd.asked, 20)

    def test_names_the_checkpoint_to_go_back_to(self):
        change, = Scripted({"ratio": 1.0, "reason": "stays_up", "checkpoint_before_step": 700}).run(100)
        self.assertEqual((change.factor, change.checkpoint_before_step), (1.0, 700))

    def test_takes_lasting_advice_once_each_time_it_comes_up(self):
        lossd = Scripted({"ratio": 0.7, "reason": "spikes"}, cool_down_steps=10)
        self.assertEqual(len(lossd.run(500)), 1)
        lossd.answer = {"ratio": 1.0, "reason": "keep"}
        self.assertEqual(lossd.run(100), [])
        lossd.answer = {"ratio": 0.7, "reason": "spikes"}
        self.assertEqual(len(lossd.run(500)), 1)

    def test_never_raises_the_rate_nor_takes_it_below_the_least(self):
        for ratio in (2, 0, -1, float("nan"), float("inf")):
            self.assertEqual(Scripted({"ratio": ratio, "reason": "diverging"}).run(100), [], ratio)
        share = 1.0
        for change in Scripted({"ratio": 0.5, "reason": "diverging"}, cool_down_steps=10, least_share=0.1).run(1000):
            share *= change.factor
        self.assertAlmostEqual(share, 0.1)

    def test_nothing_that_lossd_does_reaches_training(self):
        for answer in (ConnectionRefusedError(), TimeoutError(), ValueError(), b"", b"<html>", b"\xff", [], None, 5, {}, {"ratio": "x", "reason": "y"},
                       {"ratio": 0.5}, {"ratio": None, "reason": "diverging"}, {"error": "no such job: x"}):
            self.assertEqual(Scripted(answer).run(100), [], answer)

    def test_asks_less_and_less_often_while_nobody_answers(self):
        lossd = Scripted(ConnectionRefusedError(), every_seconds=5, every_steps=1)
        asked = []
        for second in range(1000):
            lossd.now = second
            lossd.run(1)
            asked.append(lossd.asked)
        self.assertLess(asked[-1], 12)
        lossd.answer = {"ratio": 0.5, "reason": "diverging"}
        lossd.now = 2000
        self.assertEqual(len(lossd.run(1)), 1)

    def test_asks_at_most_every_so_many_seconds(self):
        lossd = Scripted({"ratio": 1, "reason": "keep"}, every_seconds=5, every_steps=1)
        for tenth in range(1000):
            lossd.now = tenth / 10
            lossd.run(1)
        self.assertEqual(lossd.asked, 20)

    def test_scales_an_optimizer_and_its_scheduler(self):
        class Optimizer:
            param_groups = [{"lr": 0.1, "initial_lr": 0.2}, {"lr": 1.0}]

        class Scheduler:
            base_lrs = [0.2, 1.0]

        optimizer, scheduler = Optimizer(), Scheduler()
        learning_rate_adviser.scale_learning_rate(optimizer, 0.5, scheduler)
        self.assertEqual(optimizer.param_groups, [{"lr": 0.05, "initial_lr": 0.1}, {"lr": 0.5}])
        self.assertEqual(scheduler.base_lrs, [0.1, 0.5])

    def test_a_lossd_that_is_not_there_costs_no_more_than_a_moment(self):
        adviser = learning_rate_adviser.LearningRateAdviser("http://127.0.0.1:1/advice", every_steps=1)
        self.assertEqual(adviser.after_step(), learning_rate_adviser.NO_CHANGE)


class Example(testing.TestCase):
    """The samples go to lossd before each question, over HTTP: how fast it reads a log does not count. The jump comes before the
    loss is a plateau, of which a lower rate is advised as well."""

    JUMP, STEPS = 300, 2300

    def levels(self, advised):
        lossd = Lossd(self)
        losses, unsent = [], []

        def log(step, loss, rate):
            losses.append((step, loss))
            unsent.append({"training_job": "example", "step": step, "loss": loss, "lr": rate})

        def fetch(url, timeout):
            self.assertEqual(lossd.post(unsent).status, 200)
            unsent.clear()
            return lossd.get("/api/v1/jobs/example/advice").body

        adviser = learning_rate_adviser.LearningRateAdviser("", every_seconds=0, fetch=fetch) if advised else None
        with contextlib.redirect_stderr(io.StringIO()) as said:
            train.train(self.STEPS, lambda step: 0.05 * (100 if step >= self.JUMP else 1), adviser, log)
        before = statistics.fmean(loss for step, loss in losses[:self.JUMP] if step >= self.JUMP - 200)
        return before, statistics.fmean(loss for _, loss in losses[-200:]), said.getvalue()

    def test_without_advice_it_stays_diverged(self):
        before, end, _ = self.levels(advised=False)
        self.assertGreater(end, 5 * before)

    def test_with_advice_it_recovers(self):
        before, end, said = self.levels(advised=True)
        self.assertLess(end, 1.5 * before, said)
        self.assertIn("back to the checkpoint", said)

    def test_the_program_logs_what_lossd_reads(self):
        done = testing.run(sys.executable, DEPLOY / "training/train.py", "--steps", 60, "--interval-ms", 0, "--advice-url", "http://127.0.0.1:1/x")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        summary = testing.run(testing.LOSSD, "replay", "--output", "json", self.write("example.csv", done.stdout)).stdout.splitlines()[-1]
        self.assertEqual(json.loads(summary)["samples"], 60)


if __name__ == "__main__":
    testing.main()
