"""Every command of the README runs, as it stands there, in a folder with a training program and its log."""

import os
import re
import shlex
import shutil
import signal
import subprocess

from support import testing
from support.lossd_daemon import Lossd, listening_address

README = testing.ROOT / "README.md"
TRAINING = """
for step in range(60):
    print(f"step {step} loss {3 - step / 100:.4f}", flush=True)
"""
# Commands that go on until they are told to end.
DAEMON = re.compile(r"\blossd (serve|exec)\b|\| *lossd ")


def commands():
    """The lines of the README's shell blocks, comments aside."""
    for block in re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#.*", "", line).strip()
            if line and not line.startswith("#"):
                yield line


class Readme(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.write("train.py", TRAINING)
        self.write("train.log", "".join(f"step {step} loss {3 - step / 100:.4f}\n" for step in range(60)))
        self.write("web.yml", "unauthenticated_paths: [/-/healthy, /-/ready]\n")
        shutil.copytree(testing.ROOT / "config", self.folder / "config")
        # The same commands, but on a free port, and without the wait for a last scrape.
        self.write("quick.yml", "shutdown: {exit_grace: 0s}\n")
        self.environment = {**os.environ, "PATH": f"{testing.BIN}:/usr/bin:/bin", "LOSSD_CONFIG_FILE": str(self.folder / "quick.yml"),
                            "LOSSD_WEB_LISTEN_ADDRESS": "127.0.0.1:0"}

    def test_the_front_door_has_every_word(self):
        words = {re.match(r"\s+(\w+(?:, \w+)*)", line).group(1) for line in testing.run(testing.ROOT / "dev", "help").stdout.splitlines()
                 if line.startswith("  ") and line[2] != " "}
        known = {word for group in words for word in group.split(", ")}
        used = {shlex.split(command)[1] for command in commands() if command.startswith("./dev ")}
        self.assertTrue(used)
        self.assertEqual(used - known, set())

    def test_commands_run(self):
        lossd = Lossd(self)
        tried = 0
        for command in commands():
            if command.startswith("./dev "):
                continue
            with self.subTest(command):
                tried += 1
                if DAEMON.search(command):
                    self.run_daemon(command)
                else:
                    here = command.replace("localhost:10333", lossd.address)
                    done = subprocess.run(["sh", "-c", here], cwd=self.folder, env={**self.environment, "LOSSD_CONFIG_FILE": ""},
                                          capture_output=True, text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertNotIn('"error"', done.stdout)
                    self.assertTrue(done.stdout, "it said nothing")
        self.assertGreater(tried, 4)

    def run_daemon(self, command):
        """Starts it, waits until it listens, and asks it to end unless it ends by itself."""
        log = self.folder / "daemon.log"
        with open(log, "wb") as file:
            process = self.start("sh", "-c", f"exec {command}" if "|" not in command else command, cwd=self.folder,
                                 env=self.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
        testing.wait_until(lambda: listening_address(log.read_text()) or process.poll() is not None, f"{command} to listen")
        if " serve " in command:
            os.killpg(process.pid, signal.SIGTERM)
        self.assertEqual(process.wait(30), 0, log.read_text())
        self.assertTrue(listening_address(log.read_text()), log.read_text())


if __name__ == "__main__":
    testing.main()
