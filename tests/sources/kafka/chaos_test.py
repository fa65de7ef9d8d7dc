"""The short form of chaos.py: a minute of it in the ordinary test run. `./dev chaos` has the long one."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import chaos  # noqa: E402
from support import testing  # noqa: E402


class Replicas(testing.TestCase):
    def test_every_sample_is_counted_once_whatever_happens(self):
        options = chaos.parse(["--events", "7", "--samples", "60000", "--replicas", "3", "--rate", "3000", "--pause", "2", "--seed", "7", "--quiet"])
        run = chaos.Chaos(self.folder, options)
        self.addCleanup(run.end)
        result = run.run()
        print(result, file=sys.stderr)
        self.assertEqual(result["samples"], 60000)
        self.assertEqual((result["differing"], result["lines"]), (0, result["wanted_lines"]), result)
        self.assertGreaterEqual(result["lines"], 2 * options.jobs)
        # A member that was killed is missed for the length of its session; two have a job for no longer than it takes to learn of it.
        self.assertLess(result["longest_doubling_seconds"], chaos.SESSION_SECONDS + 2, result)


if __name__ == "__main__":
    testing.main()
