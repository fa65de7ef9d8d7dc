"""Every command of every page runs, as it stands there, in a folder with a training program and its log."""

import os
import re
import shlex
import shutil
import signal
import subprocess

from support import testing
from support.lossd_daemon import Lossd, listening_address

TRAINING = """
for step in range(60):
    print(f"step {step} loss {3 - step / 100:.4f}", flush=True)
"""
# Commands that go on until they are told to end.
DAEMON = re.compile(r"\blossd (serve|exec)\b|\| *lossd ")
# Blocks that need a cluster, a container engine, a package or a running systemd are not run here: tests/deploy tries what can be tried.
ELSEWHERE = re.compile(r"^#!|^ *(?:sudo )?(apt|apt-get|dpkg|docker|git|helm|install|kubectl|podman|systemctl|tar)\b", re.MULTILINE)


def pages():
    for path in sorted(testing.ROOT.rglob("*.md")):
        if not {".git", "build"} & set(path.relative_to(testing.ROOT).parts):
            yield path


def commands(page):
    """The commands of a page's shell blocks, comments at their ends aside; one may go over several lines."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        if ELSEWHERE.search(block):
            continue
        command = ""
        for line in block.splitlines():
            line = re.sub(r"(^|\s)\s*#.*", "", line)
            if not line.strip() and not command:
                continue
            command += line.strip() if not command else "\n" + line
            if not command.endswith("\\") and subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True).returncode == 0:
                yield command
                command = ""
        assert not command, f"{page}: no whole command: {command}"


class Pages(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.write("train.py", TRAINING)
        log = self.write("train.log", "".join(f"step {step} loss {3 - step / 100:.4f}\n" for step in range(60)))
        self.write("web.yml", "unauthenticated_paths: [/-/healthy, /-/ready]\n")
        shutil.copytree(testing.ROOT / "config", self.folder / "config")
        # The same commands, but on a free port, and without the wait for a last scrape.
        self.write("quick.yml", "shutdown: {exit_grace: 0s}\n")
        self.environment = {**os.environ, "PATH": f"{testing.BIN}:/usr/bin:/bin", "LOSSD_CONFIG_FILE": str(self.folder / "quick.yml"),
                            "LOSSD_WEB_LISTEN_ADDRESS": "127.0.0.1:0"}
        self.lossd = Lossd(self, log)
        testing.wait_until(lambda: "training_regime{" in self.lossd.get("/metrics").text, "the log to be read")

    def test_the_front_door_has_every_word(self):
        words = {re.match(r"\s+([\w-]+(?:, [\w-]+)*)", line).group(1)
                 for line in testing.run(testing.ROOT / "dev", "help").stdout.splitlines() if line.startswith("  ") and line[2] != " "}
        known = {word for group in words for word in group.split(", ")}
        used = {shlex.split(command)[1] for page in pages() for command in commands(page) if command.startswith("./dev ")}
        self.assertTrue(used)
        self.assertEqual(used - known, set())

    def test_commands_run(self):
        tried = 0
        for page in pages():
            self.write_samples(page)
            for command in commands(page):
                if command.startswith("./dev "):
                    continue
                with self.subTest(page=str(page.relative_to(testing.ROOT)), command=command):
                    tried += 1
                    self.run_command(command.replace("/path/to/", ""))
        self.assertGreater(tried, 10)

    def write_samples(self, page):
        """A block that names a file, ```text NAME, is what that file holds while the page's commands run."""
        for name, text in re.findall(r"^```text (\S+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run_command(self, command):
        if DAEMON.search(command):
            self.run_daemon(command)
            return
        here = command.replace("localhost:10333", self.lossd.address)
        done = subprocess.run(["sh", "-c", here], cwd=self.folder, env={**self.environment, "LOSSD_CONFIG_FILE": ""},
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('"error"', done.stdout)
        if "--summary" in command:
            self.assertIn("samples by", done.stdout)
        if "\n" not in command:
            written = re.search(r" >(\S+)$", here)
            self.assertTrue((self.folder / written.group(1)).read_text() if written else done.stdout, "it said nothing")

    def run_daemon(self, command):
        """Starts it, waits until it listens, and asks it to end unless it ends by itself."""
        log = self.folder / "daemon.log"
        with open(log, "wb") as file:
            process = self.start("sh", "-c", f"exec {command}" if "|" not in command else command, cwd=self.folder,
                                 env=self.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
        testing.wait_until(lambda: listening_address(log.read_text()) or process.poll() is not None, f"{command} to listen")
        if " serve " in command:
            os.killpg(process.pid, signal.SIGTERM)
        self.assertEqual(process.wait(120), 0, log.read_text())
        self.assertTrue(listening_address(log.read_text()), log.read_text())


if __name__ == "__main__":
    testing.main()
