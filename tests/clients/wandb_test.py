"""W&B's own client writes its run file, and lossd follows it as it grows."""

import math
import os
import subprocess

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter

SCRIPT = """
import math, sys, wandb
run = wandb.init(project="demo", name=sys.argv[2], mode="offline", settings=wandb.Settings(console="off", x_disable_stats=True))
for step in range(100):
    run.log({"train/loss": math.exp(-step / 20) + 0.1, "lr": 1e-3, "note": "x" * 1000})
    if step == 49:
        print("half", flush=True)
        sys.stdin.readline()
run.log({"val_loss": 0.75, "train/loss": float("nan")})
run.finish(exit_code=int(sys.argv[1]))
"""


class Watching(testing.TestCase):
    def train(self, status, name):
        environment = {**os.environ, "PYTHONPATH": "", "WANDB_SILENT": "true", "WANDB_DIR": str(self.folder)}
        return self.start(interpreter("wandb"), self.write("train.py", SCRIPT), status, name, cwd=self.folder, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)

    def test_an_offline_run_is_followed_to_its_end(self):
        lossd = Lossd(self, self.folder / "wandb" / "*run-*" / "*.wandb")
        trainer = self.train("0", "watched")
        self.assertEqual(trainer.stdout.readline(), b"half\n")
        trainer.stdin.write(b"go on\n")
        trainer.stdin.flush()
        self.assertEqual(trainer.wait(300), 0)
        lossd.wait_for_samples("watched", 101)
        scrape = lossd.scrape()
        value = lambda name, **labels: scrape.value(name, **{"training_job": "watched", "loss": "train", **labels})
        self.assertEqual(value("training_loss_best"), math.exp(-99 / 20) + 0.1)
        self.assertEqual(value("training_loss_nonfinite_total", kind="nan"), 1)
        self.assertEqual(value("training_loss", loss="eval"), 0.75)
        self.assertIn(scrape.value("training_step", training_job="watched"), (99, 100))  # the loss of the last step is NaN
        self.assertEqual(scrape.value("training_learning_rate", training_job="watched"), 1e-3)
        lossd.wait_for(lambda page: page.value("training_job_state", training_job="watched", state="ended") == 1, "the end of the run")

    def test_a_run_that_has_failed_is_a_failure(self):
        lossd = Lossd(self, self.folder / "wandb" / "*run-*" / "*.wandb")
        trainer = self.train("1", "broken")
        trainer.communicate(b"go on\n", 300)
        lossd.wait_for(lambda page: page.value("training_job_state", training_job="broken", state="failed") == 1, "the failure of the run")
        self.assertEqual(lossd.scrape().value("training_failures_total", training_job="broken", reason="exit_status"), 1)


if __name__ == "__main__":
    testing.main()
