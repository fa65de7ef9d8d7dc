"""kill -9 at any moment: every sample on disk is counted once, and the trackers are what they would have been."""

import json
import random
import subprocess
import threading
import unittest

from support import testing
from support.lossd_daemon import Lossd

VICTIMS = 10
KILLS_OF_EACH = 20
LONGEST_LIFE = 1.6  # seconds: some die before the first save, most behind it, in the middle of a next one

# What tells the time of day, or how fast the file grew while we looked, is not the same in two runs.
OF_THE_CLOCK = ("timestamp", "interval_seconds", "regime_start", "last_sample", "why", "seconds", "stalled")


def line(step, rng):
    return f"iter {step}: loss {4 - step / 5000 + rng.uniform(-0.2, 0.2):.4f}, time {rng.uniform(3, 4):.2f}ms, mfu 1.20%\n"


def without_clock(value):
    if isinstance(value, dict):
        return {key: without_clock(inner) for key, inner in value.items() if not any(word in key for word in OF_THE_CLOCK)}
    if isinstance(value, list):
        return [without_clock(inner) for inner in value]
    return value


class Victim:
    """A log that grows and is rotated, and a daemon that is killed over and over while it does."""

    def __init__(self, test, number):
        self.test = test
        self.random = random.Random(number)
        self.name = f"victim{number}x"
        self.log = test.folder / f"{self.name}.log"
        self.whole = test.folder / f"{self.name}-whole.txt"  # the same lines in one file
        self.step = 0
        self.rotations = 0
        self.arguments = ("--config.file", test.config, "--storage.path", test.folder / f"{self.name}-state", self.log)

    def write(self):
        count = self.random.randrange(1, 400)
        text = "".join(line(self.step + i, self.random) for i in range(count))
        self.step += count
        cut = self.random.randrange(len(text))  # in the middle of a line, most likely
        for part in (text[:cut], text[cut:]):
            with open(self.log, "a") as log, open(self.whole, "a") as whole:
                log.write(part)
                whole.write(part)

    def rotate(self):
        self.rotations += 1
        self.log.rename(f"{self.log}.{10000 - self.rotations}")

    def live_and_die(self):
        self.write()
        # Of a log that is rotated away before lossd has ever saved, nobody knows.
        first = Lossd(self.test, *self.arguments)
        first.wait_for(lambda scrape: scrape.total("lossd_state_saves_total") >= 1, "the first state to be saved")
        first.process.kill()
        first.process.wait()
        for _ in range(KILLS_OF_EACH):
            lossd = Lossd(self.test, *self.arguments)
            self.write()
            if self.random.random() < 0.3:
                self.rotate()
                self.write()
            try:
                lossd.process.wait(self.random.uniform(0, LONGEST_LIFE))
                raise AssertionError(f"lossd ended by itself:\n{lossd.log()}")
            except subprocess.TimeoutExpired:
                self.write()
                lossd.process.kill()
                lossd.process.wait()


class Kill(testing.TestCase):
    def test_nothing_is_lost_or_counted_twice(self):
        self.config = self.write("lossd.yml", "storage: {save_interval: 1s}\n")
        victims = [Victim(self, number) for number in range(VICTIMS)]
        threads = [threading.Thread(target=victim.live_and_die) for victim in victims]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        for victim in victims:
            survivor = Lossd(self, *victim.arguments)
            survivor.wait_for_samples(victim.name, victim.step, seconds=60)
            reference_log = self.folder / f"reference-{victim.name}"
            reference_log.mkdir()
            victim.whole.rename(reference_log / f"{victim.name}.log")
            reference = Lossd(self, reference_log / f"{victim.name}.log")
            reference.wait_for_samples(victim.name, victim.step, seconds=60)
            path = f"/api/v1/jobs/{victim.name}"
            self.assertEqual(without_clock(survivor.get(path).json), without_clock(reference.get(path).json))
            for lossd in (survivor, reference):
                self.assertEqual(lossd.stop(), 0)


if __name__ == "__main__":
    testing.main()
