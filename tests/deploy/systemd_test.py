"""The systemd unit: well-formed, and as hardened as systemd itself can measure."""

import re

from deployed_metrics import DEPLOY
from support import testing

UNIT = DEPLOY / "systemd" / "lossd.service"
# systemd's exposure level is 0 (nothing) to 10; below 2.0 it says OK.
WORST_EXPOSURE = 1.5


class SystemdUnit(testing.TestCase):
    def test_exposure_is_low(self):
        analyze = testing.find_program("systemd-analyze")
        result = testing.run(analyze, "security", "--offline=yes", "--no-pager", f"--threshold={int(WORST_EXPOSURE * 10)}", UNIT)
        verdict = re.search(r"Overall exposure level.*", result.stdout)
        if verdict is None:
            self.skipTest(f"systemd-analyze cannot judge offline here: {result.stderr.strip()}")
        print(verdict.group(0))
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_every_line_is_understood(self):
        analyze = testing.find_program("systemd-analyze")
        unit = self.write("lossd.service", UNIT.read_text().replace("/usr/bin/lossd", testing.LOSSD))
        result = testing.run(analyze, "verify", "--man=no", "--recursive-errors=no", unit)
        self.assertEqual([line for line in (result.stdout + result.stderr).splitlines() if "lossd.service" in line], [])

    def test_the_flags_are_those_of_the_program(self):
        help_text = testing.run(testing.LOSSD, "serve", "--help").stdout
        for flag in re.findall(r"(--[a-z.-]+)=", re.search(r"^ExecStart=.*$", UNIT.read_text(), re.M).group(0)):
            self.assertIn(flag, help_text)


if __name__ == "__main__":
    testing.main()
