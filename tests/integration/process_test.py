"""The daemon among other processes: a child, a pipe, a probe, and its own next life."""

import os
import re
import signal
import subprocess
import sys
import time

from support import testing
from support.lossd_daemon import Lossd, listening_address
from support.ports import free_port

TRAINER = """
import signal, sys, time
def leave(*_):
    print("step=100 loss=0.25", flush=True)
    sys.exit(9)
signal.signal(signal.SIGTERM, leave)
for step in range(20):
    print(f"step={step} loss={3 - step / 10}", flush=True)
print("a warning", file=sys.stderr, flush=True)
if "wait" in sys.argv:
    time.sleep(60)
sys.exit(7)
"""


def lines(first, last):
    return "".join(f"step={step} loss={3 - step / 100}\n" for step in range(first, last))


class Exec(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.trainer = self.write("tiny.py", TRAINER)
        self.config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")

    def command(self, *arguments, address="127.0.0.1:0"):
        return (testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", address, "--",
                sys.executable, self.trainer, *arguments)

    def test_passes_the_output_through_and_keeps_the_status(self):
        done = testing.run(*self.command())
        self.assertEqual(done.returncode, 7)
        self.assertEqual(done.stdout, "".join(f"step={step} loss={3 - step / 10}\n" for step in range(20)))
        self.assertIn("a warning\n", done.stderr)
        self.assertRegex(done.stderr, 'msg="job failed" training_job=tiny reason=exit_status')
        self.assertRegex(done.stderr, 'msg="lossd has ended" status=7\n$')

    def test_forwards_sigterm_and_takes_what_the_command_still_says(self):
        log = self.folder / "log"
        with open(log, "wb") as err:
            process = self.start(*self.command("wait"), stdout=subprocess.PIPE, stderr=err)
        testing.wait_until(lambda: "a warning" in log.read_text(), "the command to run")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 9)
        self.assertTrue(output.endswith(b"step=100 loss=0.25\n"), output)

    def test_says_why_a_command_cannot_run(self):
        done = testing.run(testing.LOSSD, "exec", "--web.listen-address", "127.0.0.1:0", "--", "/nonexistent/train")
        self.assertEqual(done.returncode, 127)
        self.assertIn("/nonexistent/train: No such file or directory", done.stderr)

    def test_frees_its_port_when_it_is_killed_while_the_command_lives_on(self):
        log, address = self.folder / "log", f"127.0.0.1:{free_port()}"
        with open(log, "wb") as err:
            process = self.start(*self.command("wait", address=address), stdout=subprocess.DEVNULL, stderr=err)
        testing.wait_until(lambda: listening_address(log.read_text()) == address, "lossd to listen")
        testing.wait_until(lambda: "a warning" in log.read_text(), "the command to run")
        child = int(testing.wait_until(lambda: re.search(r'msg="running the command".* pid=(\d+)\s', log.read_text()), "its number").group(1))
        process.kill()
        process.wait(60)
        testing.wait_until(lambda: "lossd has ended" in log.read_text(), "what watched to end")
        try:
            Lossd(self, "--web.listen-address", address)
        finally:
            os.kill(child, signal.SIGKILL)


class Tee(testing.TestCase):
    def test_passes_standard_input_through(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")
        text = b"".join(b"step=%d loss=1.5\r" % step for step in range(5000)) + b"\xff\x00 no line end"
        done = subprocess.run([testing.LOSSD, "--tee", "--config.file", config, "--web.listen-address", "127.0.0.1:0", "-"],
                              input=text, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, text)


    def test_goes_on_where_the_log_says_that_training_is_over(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")
        lossd = Lossd(self, "--config.file", config, "--job.name", "piped", "-", stdin=subprocess.PIPE)
        lossd.process.stdin.write(lines(0, 20).encode() + b"Training completed.\n")
        lossd.process.stdin.flush()
        lossd.wait_for_log("job finished")
        lossd.process.stdin.write(lines(20, 40).encode())
        lossd.process.stdin.flush()
        lossd.wait_for_samples("piped", 40)
        lossd.process.stdin.close()
        self.assertEqual(lossd.process.wait(60), 0)


class Healthcheck(testing.TestCase):
    def test_tells_whether_lossd_is_ready(self):
        lossd = Lossd(self)
        self.assertEqual(testing.run(testing.LOSSD, "healthcheck", "--web.listen-address", lossd.address).returncode, 0)
        gone = testing.run(testing.LOSSD, "healthcheck", "--web.listen-address", f"127.0.0.1:{free_port()}")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("refused", gone.stderr)


class Alone(testing.TestCase):
    def test_says_so_where_nothing_is_followed(self):
        said = 'msg="nothing is followed: waiting for what is pushed" example="lossd train.log" help="lossd --help"'
        alone = Lossd(self)
        alone.wait_for_log(said)
        alone.stop()
        following = Lossd(self, self.write("llama.log", lines(0, 5)))
        following.wait_for_samples("llama", 5)
        self.assertNotIn("nothing is followed", following.log())


class State(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.log_file = self.write("llama.log", lines(0, 50))
        self.config = self.write("lossd.yml", "storage: {save_interval: 1s}\n")

    def life(self):
        return Lossd(self, "--config.file", self.config, "--storage.path", self.folder / "state", self.log_file)

    def test_survives_a_restart_without_reading_twice(self):
        lossd = self.life()
        before = lossd.wait_for_samples("llama", 50)
        self.assertEqual(lossd.stop(), 0)
        self.append("llama.log", lines(50, 60))
        after = self.life().wait_for_samples("llama", 60)
        self.assertEqual(after.total("lossd_lines_read_total"), 10)
        self.assertEqual(before.value("training_loss_best", training_job="llama"), 2.51)
        self.assertEqual(after.value("training_loss_best", training_job="llama"), 2.41)

    def test_survives_being_killed(self):
        lossd = self.life()
        lossd.wait_for_samples("llama", 50)
        saves = lossd.scrape().value("lossd_state_saves_total")
        testing.wait_until(lambda: lossd.scrape().value("lossd_state_saves_total") > saves, "a save")
        lossd.process.kill()
        lossd.process.wait(60)
        self.append("llama.log", lines(50, 60))
        scrape = self.life().wait_for_samples("llama", 60)
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="llama"), 60)

    def test_belongs_to_one_lossd_at_a_time(self):
        lossd = self.life()
        other = testing.run(testing.LOSSD, "--web.listen-address", "127.0.0.1:0", "--storage.path", self.folder / "state")
        self.assertEqual(other.returncode, 1)
        self.assertIn("another lossd uses this storage path", other.stderr)
        self.assertEqual(lossd.stop(), 0)
        self.assertEqual(self.life().stop(), 0)

    def test_history_keeps_the_time_at_which_it_was_written(self):
        written = time.time() - 86400
        os.utime(self.log_file, (written, written))
        scrape = self.life().wait_for_samples("llama", 50)
        for metric in ("training_last_sample_timestamp_seconds", "training_regime_start_timestamp_seconds"):
            self.assertAlmostEqual(scrape.value(metric, training_job="llama"), written, delta=1)

    def test_reads_anew_where_the_state_is_damaged(self):
        lossd = self.life()
        lossd.wait_for_samples("llama", 50)
        lossd.stop()
        state = self.folder / "state/state"
        state.write_bytes(state.read_bytes()[:-20])
        lossd = self.life()
        lossd.wait_for_samples("llama", 50)
        lossd.wait_for_log("state not used")


if __name__ == "__main__":
    testing.main()
