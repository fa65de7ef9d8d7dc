"""kill -9 at 200 random moments under load: every sample on disk is counted once, and the trackers are to the bit what they would have been."""

import os
import random
import signal
import subprocess
import threading
import time
import unittest

from support import testing
from support.lossd_daemon import Lossd

VICTIMS = 10
KILLS_OF_EACH = 20
DEADLINE = 120  # seconds for one life; the usual one ends within two


def line(step, rng):
    return f"iter {step}: loss {4 - step / 5000 + rng.uniform(-0.2, 0.2):.4f}, time {rng.uniform(3, 4):.2f}ms, mfu 1.20%\n"


def trackers(storage):
    """What the saved state holds of each job, to the bit, by the job's name."""
    shown = testing.run(testing.BIN / "saved_trackers", storage)
    if shown.returncode != 0:
        raise AssertionError(shown.stderr)
    jobs = {}
    for text in shown.stdout.splitlines():
        if not text.startswith(" "):
            jobs[text.split()[0]] = job = []
        job.append(text)
    return jobs


class Victim:
    """A log that never stops growing and is rotated, and a daemon that is killed over and over while it does. Nothing here waits: the
    writer goes on writing until the moment has come, which is a number of writes behind the start, behind the moment at which a state
    begins to be saved, or behind the one at which it is saved."""

    def __init__(self, test, number):
        self.test = test
        self.random = random.Random(number)
        self.name = f"victim{number}x"
        self.log = test.folder / f"{self.name}.log"
        self.whole = test.folder / "whole" / f"{self.name}.log"  # the same lines in one file
        self.storage = test.folder / f"{self.name}-state"
        self.step = 0
        self.rotations = 0
        self.may_rotate = False  # of a log that is rotated away before lossd has ever saved, nobody knows
        self.rest = ""  # of a line that is not whole on the disk
        self.arguments = ("--config.file", test.config, "--storage.path", self.storage, self.log)

    def append(self, text):
        for path in (self.log, self.whole):
            with open(path, "a") as file:
                file.write(text)

    def write(self):
        """One write of a few lines; every other one ends in the middle of a line, which the next one finishes."""
        text = self.rest
        self.rest = ""
        for _ in range(self.random.randrange(1, 8)):
            text += line(self.step, self.random)
            self.step += 1
        if self.random.random() < 0.5:
            cut = self.random.randrange(1, 40)
            text, self.rest = text[:-cut], text[-cut:]
        self.append(text)
        if self.may_rotate and not self.rest and self.random.random() < 0.005:
            self.rotations += 1
            self.log.rename(f"{self.log}.{10000 - self.rotations}")

    def saves(self):
        """Changes whenever a state begins to be saved, or is saved."""
        marks = []
        for name in ("state", "state.new"):
            try:
                marks.append(os.stat(self.storage / name).st_ino)
            except FileNotFoundError:
                marks.append(0)
        return marks

    def live_and_die(self, changes, writes):
        """Kills the daemon `writes` writes after the state has changed `changes` times."""
        with open(self.test.folder / f"{self.name}.out", "ab") as out:
            lossd = self.test.start(testing.LOSSD, "serve", "--web.listen-address", "127.0.0.1:0", *self.arguments,
                                    stdout=out, stderr=subprocess.STDOUT)
        saves = self.saves()
        deadline = time.monotonic() + DEADLINE
        while changes > 0 or writes > 0:
            self.write()
            if changes == 0:
                writes -= 1
            elif saves != (saves := self.saves()):
                changes -= 1
            if lossd.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: lossd has ended by itself or saves nothing: {lossd.poll()}")
        lossd.kill()
        if lossd.wait() != -signal.SIGKILL:
            raise AssertionError(f"{self.name}: lossd had ended by itself: {lossd.returncode}")

    def run(self):
        try:
            self.write()
            self.live_and_die(3, 0)
            self.may_rotate = True
            for _ in range(KILLS_OF_EACH - 1):
                self.live_and_die(self.random.choice((0, 0, 1, 2)), self.random.randrange(0, 300))
            self.append(self.rest)
        except Exception as error:  # told by the thread that waits for this one
            self.error = error

    error = None


class Kill(testing.TestCase):
    def test_nothing_is_lost_or_counted_twice(self):
        self.config = self.write("lossd.yml", "storage: {save_interval: 1s}\n")
        (self.folder / "whole").mkdir()
        victims = [Victim(self, number) for number in range(VICTIMS)]
        threads = [threading.Thread(target=victim.run) for victim in victims]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for victim in victims:
            if victim.error:
                raise victim.error

        survivors = [Lossd(self, *victim.arguments) for victim in victims]
        reference = Lossd(self, "--storage.path", self.folder / "reference", *(victim.whole for victim in victims))
        for survivor, victim in zip(survivors, victims):
            survivor.wait_for_samples(victim.name, victim.step, seconds=240)
            reference.wait_for_samples(victim.name, victim.step, seconds=240)
            self.assertEqual(survivor.stop(), 0)
        self.assertEqual(reference.stop(), 0)

        expected = trackers(self.folder / "reference")
        self.assertEqual(sorted(expected), sorted(victim.name for victim in victims))
        for victim in victims:
            self.assertEqual(trackers(victim.storage), {victim.name: expected[victim.name]})
        print(f"{VICTIMS * KILLS_OF_EACH} kills, {sum(victim.step for victim in victims)} samples, "
              f"{sum(victim.rotations for victim in victims)} rotations")


class KillOfMany(testing.TestCase):
    """A state of so many jobs that it is saved in turns, between which samples come: positions and trackers are of one moment."""

    JOBS = 250
    LIVES = 6

    def test_a_save_in_turns_is_of_one_moment(self):
        config = self.write("lossd.yml", "storage: {save_interval: 1s}\nfollow: {idle_interval: 100ms}\n")
        rng = random.Random(1)
        logs = [self.folder / f"log{number}x.log" for number in range(self.JOBS)]
        storage = self.folder / "state"
        step = 0
        for life in range(self.LIVES):
            with open(self.folder / "out", "ab") as out:
                lossd = self.start(testing.LOSSD, "serve", "--web.listen-address", "127.0.0.1:0", "--config.file", config,
                                   "--storage.path", storage, *logs, stdout=out, stderr=subprocess.STDOUT)
            changes, before = 2 * rng.randrange(1, 4), None
            deadline = time.monotonic() + DEADLINE
            while changes > 0:
                for log in logs:
                    with open(log, "a") as file:
                        file.write(line(step, rng))
                    now = os.stat(storage / "state").st_ino if (storage / "state").exists() else 0
                    if before not in (None, now):
                        changes -= 1
                    before = now
                step += 1
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(lossd.poll())
            lossd.kill()
            self.assertEqual(lossd.wait(), -signal.SIGKILL)

        survivor = Lossd(self, "--storage.path", storage, *logs)
        reference = Lossd(self, "--storage.path", self.folder / "reference", *logs)
        for lossd in (survivor, reference):
            lossd.wait_for(lambda page: page.total("training_loss_samples_total") == step * self.JOBS, "every sample", 240)
            self.assertEqual(lossd.stop(), 0)
        expected, saved = trackers(self.folder / "reference"), trackers(storage)
        self.assertEqual(sorted(expected), sorted(log.stem for log in logs))
        self.assertEqual([job for job in expected if saved[job] != expected[job]], [])
        print(f"{self.LIVES} kills, {self.JOBS} jobs, {step} samples of each")


if __name__ == "__main__":
    testing.main()
