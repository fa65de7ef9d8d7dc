"""The life of a sidecar, with processes: what the kubelet does to a pod whose training has ended, and `lossd exec` by itself."""

import json
import subprocess
import time
import urllib.request

from support import testing
from support.lossd_daemon import Lossd, Scrape, listening_address
from support.prometheus_server import Prometheus

STEPS = 200
# deploy/kubernetes/sidecar: 45 s of grace, of which the hook takes 20 s.
GRACE_AFTER_HOOK_SECONDS = 25


class SidecarLife(testing.TestCase):
    def train(self, log, *arguments):
        return self.start(testing.DEMO_TRAINER, "--output", log, "--format", "json", "--interval-ms", "5", "--steps", str(STEPS), *arguments)

    def test_training_ends_and_the_sidecar_follows_within_its_grace(self):
        log, state = self.folder / "job.log", self.folder / "state"
        state.mkdir()
        lossd = Lossd(self, "--storage.path", state, log)  # the sidecar starts first
        prometheus = Prometheus(self, [lossd.address])
        prometheus.wait_for("up == 1")
        self.assertEqual(self.train(log).wait(240), 0)

        # The preStop hook: training is over, lossd still serves. One scrape interval later Prometheus has the last sample.
        prometheus.wait_for(f'training_loss_samples_total{{training_job="job",loss="train"}} == {STEPS}')
        prometheus.wait_for(f'training_step{{training_job="job"}} == {json.loads(log.read_text().splitlines()[-1])["step"]}')

        asked = time.monotonic()
        self.assertEqual(lossd.stop(), 0)
        took = time.monotonic() - asked
        print(f"from SIGTERM to exit 0: {took:.2f} s")
        self.assertLess(took, GRACE_AFTER_HOOK_SECONDS)

        # It has saved: a new one in the same pod knows every sample and counts none twice.
        self.assertTrue(any(state.iterdir()))
        again = Lossd(self, "--storage.path", state, log)
        again.wait_for_samples("job", STEPS)
        self.assertEqual(again.stop(), 0)

    def test_a_sidecar_that_is_asked_to_end_in_mid_training_does_so_and_the_next_one_goes_on(self):
        log, state = self.folder / "job.log", self.folder / "state"
        state.mkdir()
        trainer = self.train(log)
        first = Lossd(self, "--storage.path", state, log)
        first.wait_for(lambda scrape: (scrape.value("training_loss_samples_total", training_job="job", loss="train") or 0) > 20, "20 samples")
        self.assertEqual(first.stop(), 0)
        self.assertEqual(trainer.wait(240), 0)
        Lossd(self, "--storage.path", state, log).wait_for_samples("job", STEPS)

    def test_exec_keeps_the_last_values_and_ends_with_the_status_of_training(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 1h}\n")
        with open(self.folder / "err", "wb") as err:
            lossd = self.start(
                testing.LOSSD, "exec", "--config.file", config, "--web.listen-address", "127.0.0.1:0", "--job.name", "job", "--",
                "sh", "-c", f"{testing.DEMO_TRAINER} --interval-ms 5 --steps {STEPS}; exit 3", stdout=subprocess.DEVNULL, stderr=err)
        log = lambda: (self.folder / "err").read_text()
        address = testing.wait_until(lambda: listening_address(log()), "lossd to listen")
        testing.wait_until(lambda: "the last values stay for a while" in log(), "the end of training", 240)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
            page = Scrape(answer.read().decode())
        self.assertEqual(page.value("training_loss_samples_total", training_job="job", loss="train"), STEPS)
        lossd.terminate()
        self.assertEqual(lossd.wait(60), 3)

    def test_exec_ends_by_itself_once_the_last_values_have_had_their_time(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 100ms}\n")
        done = testing.run(testing.LOSSD, "exec", "--config.file", config, "--web.listen-address", "127.0.0.1:0", "--",
                           "sh", "-c", f"{testing.DEMO_TRAINER} --steps {STEPS}; exit 3")
        self.assertIn("the last values stay for a while", done.stderr)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    testing.main()
