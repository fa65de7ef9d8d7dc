"""Event files by their real writers, followed by lossd as they grow."""

import math
import os
import subprocess

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter

SCRIPT = """
import math, sys
from tensorboardX import SummaryWriter
writer = SummaryWriter(sys.argv[1], flush_secs=1)
def train(begin, end):
    for step in range(begin, end):
        writer.add_scalar("train/loss", math.exp(-step / 20) + 0.1, step)
        writer.add_scalar("lr", 1e-3, step)
        if step % 10 == 0:
            writer.add_scalar("val/loss", 2.0 - step / 100, step)
            writer.add_text("note", "x" * 1000, step)
    writer.flush()
    print("flushed", flush=True)
train(0, 50)
sys.stdin.readline()
train(50, 100)
sys.stdin.readline()
writer.close()
# A restart: a second file of the same run, which takes the steps from 80 on back.
writer = SummaryWriter(sys.argv[1], purge_step=80, filename_suffix=".second")
train(80, 120)
writer.close()
"""


class Following(testing.TestCase):
    def test_files_of_one_run_in_order(self):
        python = interpreter("tensorboardX")
        runs = self.folder / "runs" / "bert"
        lossd = Lossd(self, self.folder / "runs" / "**" / "events.out.tfevents.*")
        trainer = self.start(python, self.write("train.py", SCRIPT), runs, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": ""})
        self.assertEqual(trainer.stdout.readline(), b"flushed\n")
        lossd.wait_for_samples("bert", 50)
        self.assertEqual(lossd.scrape().value("training_loss_samples_total", training_job="bert", loss="eval"), 5)
        for _ in range(2):
            trainer.stdin.write(b"\n")
            trainer.stdin.flush()
            self.assertEqual(trainer.stdout.readline(), b"flushed\n")
        self.assertEqual(trainer.wait(120), 0)
        lossd.wait_for_samples("bert", 140)
        scrape = lossd.scrape()
        self.assertAlmostEqual(scrape.value("training_loss", training_job="bert", loss="train"), math.exp(-119 / 20) + 0.1, 6)
        self.assertEqual(scrape.value("training_step", training_job="bert"), 119)
        self.assertEqual(scrape.value("training_restarts_total", training_job="bert", loss="train"), 1)


if __name__ == "__main__":
    testing.main()
