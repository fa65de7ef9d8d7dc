"""Files and standard input, through the running daemon."""

import os
import signal
import subprocess
import unittest

from support import testing
from support.lossd_daemon import Lossd


def lines(first, last):
    return "".join(f"iter {step}: loss {4 - step / 1000:.4f}, time 3.10ms, mfu 1.20%\n" for step in range(first, last))


class Following(testing.TestCase):
    def test_follows_a_growing_file(self):
        log = self.write("alpha.log", lines(0, 40))
        lossd = Lossd(self, log)
        lossd.wait_for_samples("alpha", 40)
        self.append("alpha.log", lines(40, 100))
        scrape = lossd.wait_for_samples("alpha", 100)
        self.assertEqual(scrape.value("training_step", training_job="alpha"), 99)
        self.assertAlmostEqual(scrape.value("loss_velocity", training_job="alpha", window="30"), -0.001)
        self.assertAlmostEqual(scrape.value("loss_acceleration", training_job="alpha", window="30"), 0, places=9)
        self.assertAlmostEqual(scrape.value("training_loss", training_job="alpha"), 4 - 0.099)
        self.assertEqual(scrape.value("lossd_jobs"), 1)

    def test_waits_for_a_missing_file_with_one_log_line_and_a_metric(self):
        lossd = Lossd(self, self.folder / "late.log")
        lossd.wait_for(lambda scrape: scrape.total("lossd_file_errors_total") >= 1, "the missing file to be counted")
        self.write("late.log", lines(0, 10))
        lossd.wait_for_samples("late", 10)
        log = lossd.wait_for_log("late.log")
        self.assertEqual(sum("late.log" in line and "level=warn" in line for line in log.splitlines()), 1, log)

    def test_a_directory_stands_for_the_logs_in_it(self):
        (self.folder / "runs.log").mkdir()
        self.write("runs.log/inner.log", lines(0, 20))
        lossd = Lossd(self, self.folder / "runs.log", self.write("beta.log", lines(0, 10)))
        lossd.wait_for_samples("beta", 10)
        lossd.wait_for_samples("inner", 20)

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_an_unreadable_file_is_told_and_read_when_it_can_be(self):
        log = self.write("secret.log", lines(0, 10))
        log.chmod(0)
        lossd = Lossd(self, log)
        lossd.wait_for(lambda scrape: scrape.total("lossd_file_errors_total", reason="EACCES") >= 1, "the refusal to be counted")
        log.chmod(0o600)
        lossd.wait_for_samples("secret", 10)

    def test_finds_new_files_by_glob(self):
        config = self.write("lossd.yml", f"files:\n  - path: {self.folder}/**/*.log\nfollow:\n  discovery_interval: 100ms\n")
        lossd = Lossd(self, "--config.file", config)
        (self.folder / "deep").mkdir()
        self.write("deep/gamma.log", lines(0, 12))
        lossd.wait_for_samples("gamma", 12)

    def test_a_rename_and_a_copytruncate_lose_nothing(self):
        log = self.write("delta.log", lines(0, 20))
        lossd = Lossd(self, log)
        lossd.wait_for_samples("delta", 20)
        log.rename(self.folder / "delta.log.1")
        self.write("delta.log", lines(20, 50))
        lossd.wait_for_samples("delta", 50)
        (self.folder / "delta.log.2").write_text(log.read_text())
        with open(log, "r+") as file:
            file.truncate(0)
        lossd.wait_for(lambda scrape: scrape.total("lossd_file_truncations_total") == 1, "the truncation to be seen")
        self.append("delta.log", lines(50, 60))
        scrape = lossd.wait_for_samples("delta", 60)
        self.assertEqual(scrape.total("lossd_file_rotations_total"), 1)

    def test_a_line_is_read_once_it_is_whole(self):
        lossd = Lossd(self, self.write("epsilon.log", "step 1 loss 1.5\nstep 2 loss 1."))
        lossd.wait_for_samples("epsilon", 1)
        self.append("epsilon.log", "25\n")
        scrape = lossd.wait_for_samples("epsilon", 2)
        self.assertEqual(scrape.value("training_loss", training_job="epsilon"), 1.25)


class Pipe(testing.TestCase):
    def test_reads_standard_input(self):
        lossd = Lossd(self, "--job.name", "piped", "-", stdin=subprocess.PIPE)
        lossd.process.stdin.write(lines(0, 25).encode())
        lossd.process.stdin.flush()
        scrape = lossd.wait_for_samples("piped", 25)
        self.assertEqual(scrape.total("lossd_samples_total", source="stdin"), 25)

    def pipe_that_ends(self, grace):
        config = self.write("lossd.yml", f"shutdown: {{exit_grace: {grace}}}\n")
        lossd = Lossd(self, "--config.file", config, "--job.name", "piped", "-", stdin=subprocess.PIPE)
        lossd.process.stdin.write((lines(0, 7) + "iter 7: loss 0.5, time 3").encode())
        lossd.process.stdin.close()
        return lossd

    def test_serves_the_last_values_after_the_writer(self):
        lossd = self.pipe_that_ends(grace="1h")
        lossd.wait_for_log("the last values stay for a while")
        scrape = lossd.scrape()
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="piped"), 8)
        self.assertEqual(scrape.value("training_loss", training_job="piped"), 0.5)
        self.assertEqual(lossd.stop(), 0)

    def test_ends_after_the_writer(self):
        self.assertEqual(self.pipe_that_ends(grace="100ms").process.wait(60), 0)


class Life(testing.TestCase):
    def test_terminates_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            lossd = Lossd(self, self.write("zeta.log", lines(0, 10)))
            lossd.wait_for_samples("zeta", 10)
            lossd.process.send_signal(number)
            self.assertEqual(lossd.process.wait(60), 0, lossd.log())

    def test_reloads_and_keeps_the_old_configuration_where_the_new_one_is_bad(self):
        first, second = self.write("one.log", lines(0, 10)), self.write("two.log", lines(0, 10))
        config = self.write("lossd.yml", f"files:\n  - path: {first}\n")
        lossd = Lossd(self, "--config.file", config, "--web.enable-lifecycle")
        lossd.wait_for_samples("one", 10)

        config.write_text(f"files:\n  - path: {first}\n  - path: {second}\n")
        lossd.process.send_signal(signal.SIGHUP)
        lossd.wait_for_samples("two", 10)
        self.assertEqual(lossd.scrape().value("lossd_config_last_reload_successful"), 1)

        config.write_text("filse: []\n")
        answer = lossd.request("POST", "/-/reload")
        self.assertEqual(answer.status, 500)
        self.assertIn("filse", answer.text)
        self.append("two.log", lines(10, 20))
        scrape = lossd.wait_for_samples("two", 20)
        self.assertEqual(scrape.value("lossd_config_last_reload_successful"), 0)
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="one"), 10)

    def test_reload_over_http_must_be_allowed(self):
        lossd = Lossd(self)
        self.assertEqual(lossd.request("POST", "/-/reload").status, 403)

    def test_says_that_it_is_alive_and_ready(self):
        lossd = Lossd(self)
        self.assertEqual(lossd.get("/-/healthy").status, 200)
        self.assertEqual(lossd.get("/-/ready").status, 200)

    def test_a_browser_gets_a_page_with_the_jobs(self):
        lossd = Lossd(self, self.write("eta.log", lines(0, 10)))
        lossd.wait_for_samples("eta", 10)
        page = lossd.get("/")
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"))
        self.assertIn("/metrics", page.text)
        self.assertEqual([job["training_job"] for job in lossd.get("/api/v1/overview").json["jobs"]], ["eta"])


if __name__ == "__main__":
    testing.main()
