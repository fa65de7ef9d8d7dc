"""Schemathesis makes requests of the OpenAPI that lossd serves, right ones and wrong ones: none fails within lossd, none hangs.

LOSSD_SCHEMATHESIS_SECONDS=600 makes it a long search, with the answers compared with the document, too (./dev clients does).
"""

import os

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter

SECONDS = int(os.environ.get("LOSSD_SCHEMATHESIS_SECONDS") or 0)
# The same requests each time in the suite; in the long form, whatever comes.
EXTENT = (["--max-time", SECONDS, "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"]
          if SECONDS else ["--max-examples", 15, "--generation-deterministic", "--checks", "not_a_server_error"])


class Searching(testing.TestCase):
    def test_no_request_fails_within_lossd_and_none_hangs(self):
        python = interpreter("schemathesis==4.32.5")
        lossd = Lossd(self)
        lossd.post([{"training_job": "a", "step": step, "loss": 1 / (1 + step), "losses": {"eval": 2.0}} for step in range(100)])
        # The stream of events has no end, which is what it is for; the wait for an answer is that for a hang.
        done = testing.run(python.parent / "schemathesis", "run", f"http://{lossd.address}/api/v1/openapi.json", "--exclude-path", "/api/v1/events",
                           "--request-timeout", 30, "--suppress-health-check", "all", "--continue-on-failure", "--workers", 1, "--no-color", *EXTENT,
                           timeout=SECONDS * 2 + 300, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr[-2000:] + lossd.log()[-2000:])
        self.assertNotIn("request failed", lossd.log())
        self.assertIsNone(lossd.process.poll())
        if SECONDS:
            print(done.stdout[-3000:])


if __name__ == "__main__":
    testing.main()
