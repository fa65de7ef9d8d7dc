"""A trainer with prometheus_client's own server is asked by lossd."""

import subprocess
import sys

from support import testing
from support.lossd_daemon import Lossd
from support.ports import free_port

SCRIPT = """
import sys
from prometheus_client import Counter, Gauge, start_http_server
start_http_server(int(sys.argv[1]))
loss, val, steps, rate = Gauge("app_loss", ""), Gauge("app_val_loss", ""), Counter("app_steps", ""), Gauge("app_lr", "")
rate.set(1e-3)
print("serving", flush=True)
for line in sys.stdin:
    value, evaluated = map(float, line.split())
    loss.set(value)
    val.set(evaluated)
    steps.inc()
    print("set", flush=True)
"""


class Scraping(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.trainer = self.start(sys.executable, self.write("trainer.py", SCRIPT), self.port, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(self.trainer.stdout.readline(), "serving\n")
        self.url = f"http://127.0.0.1:{self.port}/metrics"

    def set(self, loss, evaluated):
        self.trainer.stdin.write(f"{loss!r} {evaluated!r}\n")
        self.trainer.stdin.flush()
        self.assertEqual(self.trainer.stdout.readline(), "set\n")

    def test_a_sample_where_the_step_has_moved(self):
        self.set(0.1, 2.5)
        config = self.write("lossd.yml", f"scrape:\n  - {{url: '{self.url}', training_job: asked, interval: 1s, labels: {{team: a}}}}\n")
        state = self.folder / "state"
        lossd = Lossd(self, "--config.file", config, "--storage.path", state)
        lossd.wait_for_samples("asked", 1)
        self.set(0.30000000000000004, 2.5)
        lossd.wait_for_samples("asked", 2)
        scrape = lossd.scrape()
        self.assertEqual(scrape.value("training_loss", training_job="asked", loss="train"), 0.30000000000000004)
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="asked", loss="eval"), 1)
        self.assertEqual(scrape.value("training_step", training_job="asked"), 2)
        self.assertEqual(scrape.series("training_loss", training_job="asked")[0].labels["team"], "a")
        self.assertEqual(scrape.value("lossd_scrape_target_up", training_job="asked"), 1)
        # After a restart the page is not told again.
        self.assertEqual(lossd.stop(), 0)
        again = Lossd(self, "--config.file", config, "--storage.path", state)
        again.wait_for(lambda page: page.value("lossd_scrape_requests_total", result="success"), "a scrape")
        self.assertEqual(again.scrape().value("training_loss_samples_total", training_job="asked", loss="train"), 2)

    def test_an_argument_is_a_page(self):
        self.set(0.5, 2.5)
        lossd = Lossd(self, self.url)
        lossd.wait_for_samples(f"127.0.0.1:{self.port}", 1)

    def test_a_trainer_that_is_gone_is_seen(self):
        config = self.write("lossd.yml", f"scrape: [{{url: '{self.url}', interval: 1s}}]\n")
        lossd = Lossd(self, "--config.file", config)
        lossd.wait_for(lambda page: page.value("lossd_scrape_target_up") == 1, "the trainer to be up")
        testing.end(self.trainer)
        lossd.wait_for(lambda page: page.value("lossd_scrape_target_up") == 0, "the trainer to be gone")
        lossd.wait_for_log("cannot scrape")


if __name__ == "__main__":
    testing.main()
