"""The Python file that training scripts bring along (deploy/python), against the real program."""

import math
import os
import sys

from support import testing
from support.lossd_daemon import Lossd
from support.ports import free_port

PLAIN = """
import math, sys
import lossd
with lossd.run("looped", labels={"team": "a"}) as run:
    for step in range(200):
        run.log(step=step, loss=math.exp(-step / 50) + 0.1, lr=1e-3, grad_norm=0.5, epoch=step / 100, eval=3.0 if step % 10 == 0 else None)
    run.log(step=200, loss=float("nan"))
    run.log(step=201, loss="no number")
    if len(sys.argv) > 1:
        raise KeyError("broken")
"""


class Callbacks(testing.TestCase):
    def run_plain(self, url, *arguments, environment=None):
        path = self.write("train.py", PLAIN)
        return testing.run(sys.executable, path, *arguments, timeout=120,
                           env={**os.environ, "PYTHONPATH": str(testing.ROOT / "deploy/python"), "LOSSD_URL": url, **(environment or {})})

    def test_a_plain_loop(self):
        lossd = Lossd(self)
        done = self.run_plain(f"http://{lossd.address}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        scrape = lossd.scrape()
        value = lambda name, **labels: scrape.value(name, **{"training_job": "looped", **labels})
        self.assertEqual(value("training_loss_samples_total", loss="train"), 201)
        self.assertEqual(value("training_loss_samples_total", loss="eval"), 20)
        self.assertEqual(value("training_loss_best", loss="train"), math.exp(-199 / 50) + 0.1)
        self.assertEqual(value("training_loss_nonfinite_total", loss="train", kind="nan"), 1)
        self.assertEqual(scrape.series("training_loss", training_job="looped")[0].labels["team"], "a")
        lossd.wait_for_log("job finished")

    def test_an_exception_of_training_stays_its_own(self):
        lossd = Lossd(self)
        done = self.run_plain(f"http://{lossd.address}", "break")
        self.assertEqual(done.returncode, 1)
        self.assertIn("KeyError: 'broken'", done.stderr)
        lossd.wait_for_log("job failed")
        failure = lossd.request("GET", "/api/v1/jobs/looped").json["failure"]
        self.assertEqual((failure["reason"], failure["last_line"]), ("exception", "KeyError"))

    def test_without_lossd_training_goes_on(self):
        done = self.run_plain(f"http://127.0.0.1:{free_port()}")
        self.assertEqual(done.returncode, 0)
        done = self.run_plain("http://127.0.0.1:1/", environment={"LOSSD_URL": "nonsense"})
        self.assertEqual(done.returncode, 0)

    def test_other_ranks_say_nothing(self):
        lossd = Lossd(self)
        self.assertEqual(self.run_plain(f"http://{lossd.address}", environment={"RANK": "1"}).returncode, 0)
        self.assertEqual(lossd.scrape().series("training_loss", training_job="looped"), [])


if __name__ == "__main__":
    testing.main()
