"""The program as its user meets it: commands, flags, environment, and what it says when they are wrong."""

import os
import socket

from support import testing
from support.lossd_daemon import Lossd


def lossd(*arguments, **options):
    return testing.run(testing.LOSSD, *arguments, **options)


class CommandLine(testing.TestCase):
    def test_version_and_help(self):
        version = lossd("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^lossd,? .*0\.1\.0")
        text = lossd("--help")
        self.assertEqual(text.returncode, 0)
        for word in ("serve", "exec", "replay", "explain", "check-config", "--web.listen-address", "--config.file"):
            self.assertIn(word, text.stdout)

    def test_what_is_unknown_is_refused(self):
        for arguments, word in ((("--web.lisen-address=:1",), "--web.lisen-address"), (("replya",), "replay"),
                                (("serve", "--log.level=loud"), "loud"), (("explain", "--nonsense"), "--nonsense"),
                                (("check-config",), "FILE")):
            done = lossd(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(word, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)

    def test_an_occupied_port_ends_it_with_a_clear_message(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            done = lossd("serve", "--web.listen-address", f"127.0.0.1:{port}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"127.0.0.1:{port}", done.stderr + done.stdout)
        self.assertRegex(done.stderr + done.stdout, "(?i)in use")

    def test_an_environment_twin_serves_as_the_flag(self):
        daemon = Lossd(self, environment={**os.environ, "LOSSD_LOG_FORMAT": "json", "LOSSD_WEB_TELEMETRY_PATH": "/telemetry"})
        self.assertEqual(daemon.get("/telemetry").status, 200)
        self.assertEqual(daemon.get("/metrics").status, 404)
        self.assertTrue(daemon.log().startswith("{"), daemon.log())

    def test_check_config_gives_every_error_with_its_place(self):
        config = self.write("bad.yml", "jobs:\n  ttl: never\nfiles:\n  - paht: /x\nwindow: 30\n")
        done = lossd("check-config", config)
        self.assertEqual(done.returncode, 2)
        for place in (f"{config}:2:8: jobs.ttl: ", f"{config}:4:5: files[0].p", f"{config}:5:1: window: "):
            self.assertIn(place, done.stdout + done.stderr)
        self.assertEqual(lossd("serve", "--config.file", config).returncode, 2)

    def test_check_config_accepts_the_examples(self):
        for config in sorted((testing.ROOT / "config").glob("lossd*.yml")):
            done = lossd("check-config", config)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_files_that_cannot_be_read_are_told(self):
        for command in ("replay", "explain", "check-config"):
            done = lossd(command, self.folder / "none.log")
            self.assertNotEqual(done.returncode, 0, command)
            self.assertIn("none.log", done.stderr + done.stdout, command)
            done = lossd(command, self.folder)
            self.assertNotEqual(done.returncode, 0, command)


if __name__ == "__main__":
    testing.main()
