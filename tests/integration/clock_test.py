"""The system's clock is set back and forth while lossd runs: no crash, no loss, and a metric that tells."""

import os
import unittest

from support import testing
from support.lossd_daemon import Lossd

SHIFTED_CLOCK = testing.BIN / "libshifted_clock.so"
YEAR = 365 * 24 * 3600


def lines(first, last):
    return "".join(f"iter {step}: loss {4 - step / 1000:.4f}, time 3.10ms, mfu 1.20%\n" for step in range(first, last))


@unittest.skipIf(testing.sanitized(), "a sanitizer's runtime must be loaded first")
class Clock(testing.TestCase):
    def set_clock(self, seconds):
        # In one step: a file that is only half written would be one more jump.
        self.write("clock.new", str(seconds))
        os.replace(self.folder / "clock.new", self.folder / "clock")

    def start_lossd(self):
        environment = dict(os.environ, LD_PRELOAD=str(SHIFTED_CLOCK), SHIFTED_CLOCK=str(self.folder / "clock"))
        return Lossd(self, "--storage.path", self.folder / "state", self.log, environment=environment)

    def wait_for_jumps(self, lossd, **jumps):
        lossd.wait_for(lambda scrape: all(scrape.value("lossd_clock_jumps_total", direction=direction) == count
                                          for direction, count in jumps.items()), f"jumps of the clock: {jumps}")

    def test_jumps_lose_nothing_and_are_counted(self):
        self.set_clock(0)
        self.log = self.write("alpha.log", lines(0, 20))
        lossd = self.start_lossd()
        lossd.wait_for_samples("alpha", 20)
        self.wait_for_jumps(lossd, forward=0, back=0)

        jumps = {"forward": 0, "back": 0}
        clock, step = 0, 20
        for seconds in (10 * YEAR, -20 * YEAR, 3600, 0):
            jumps["forward" if seconds > clock else "back"] += 1
            clock = seconds
            self.set_clock(seconds)
            self.append("alpha.log", lines(step, step + 10))
            step += 10
            self.wait_for_jumps(lossd, **jumps)
            self.log.rename(self.folder / f"alpha.log.{100 - step}")
            self.write("alpha.log", lines(step, step + 10))
            step += 10
            scrape = lossd.wait_for_samples("alpha", step)
            self.assertEqual(scrape.value("training_restarts_total", training_job="alpha"), 0)
            self.assertNotEqual(scrape.regime("alpha"), "stalled")
        self.assertEqual(lossd.stop(), 0)

        # A restart far from the time at which the state was saved.
        for seconds in (40 * YEAR, -30 * YEAR):
            self.set_clock(seconds)
            lossd = self.start_lossd()
            self.append("alpha.log", lines(step, step + 5))
            step += 5
            lossd.wait_for_samples("alpha", step)
            self.assertEqual(lossd.stop(), 0)


if __name__ == "__main__":
    testing.main()
