"""The life of a sidecar, with processes: what the kubelet does to a pod whose training has ended, and `lossd exec` by itself."""

import json
import subprocess
import time

from support import testing
from support.lossd_daemon import Lossd, Scrape
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
        self.assertEqual(self.train(log).wait(60), 0)

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
        self.assertEqual(trainer.wait(60), 0)
        Lossd(self, "--storage.path", state, log).wait_for_samples("job", STEPS)

    def test_exec_keeps_the_last_values_for_one_scrape_and_ends_with_the_status_of_training(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 2s}\n")
        with open(self.folder / "err", "wb") as err:
            lossd = self.start(
                testing.LOSSD, "exec", "--config.file", config, "--web.listen-address", "127.0.0.1:0", "--job.name", "job", "--",
                "sh", "-c", f"{testing.DEMO_TRAINER} --interval-ms 5 --steps {STEPS}; exit 3", stdout=subprocess.DEVNULL, stderr=err)
        listening = lambda: (self.folder / "err").read_text().partition("port=")[2].split("\n")[0].split(" ")[0]
        port = testing.wait_until(listening, "lossd to listen")
        last = None

        def scraped():
            page = testing.run("curl", "-sf", f"http://127.0.0.1:{port}/metrics")
            nonlocal last
            if page.returncode == 0:
                last = Scrape(page.stdout).value("training_loss_samples_total", training_job="job", loss="train")
            return lossd.poll() is not None

        testing.wait_until(scraped, "the end of lossd", 60)
        self.assertEqual(last, STEPS, "the last scrape before the end")
        self.assertEqual(lossd.returncode, 3)


if __name__ == "__main__":
    testing.main()
