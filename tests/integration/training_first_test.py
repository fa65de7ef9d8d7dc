"""Training comes first: whatever befalls lossd, the command runs to its end, and its output is complete."""

import os
import pathlib
import select
import signal
import socket
import subprocess
import sys

from support import testing
from support.lossd_daemon import listening_address

# Writes until it is told to stop, then leaves a mark and a last line: what it wrote is known to the byte.
TRAINER = """
import os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
lines = int(sys.argv[2]) if len(sys.argv) > 2 else 0
(folder / "pid.new").write_text(str(os.getpid()))
(folder / "pid.new").rename(folder / "pid")  # who sees it reads it whole
step = 0
while not (folder / "stop").exists() or step < lines:
    print(f"step={step} loss={3 - step / 1e6:.6f}" + " " * (step % 200), flush=True)
    step += 1
    if step > lines:
        time.sleep(0.002)
(folder / "steps").write_text(str(step))
print("the end")
sys.stdout.flush()
(folder / "ended").write_text("well")
sys.exit(5)
"""


def whole(steps):
    return "".join(f"step={step} loss={3 - step / 1e6:.6f}" + " " * (step % 200) + "\n" for step in range(steps)) + "the end\n"


def daemon_of(relay):
    """The process in which lossd watches, as a child of the one that was started."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == relay and (entry / "comm").read_text() == "lossd\n":
                    return int(entry.name)
            except OSError:
                pass
    return None


class Case(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.trainer = self.write("tiny.py", TRAINER)
        self.config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")
        self.out, self.log = self.folder / "out", self.folder / "log"

    def exec(self, *flags, lines=0, output=None, address="127.0.0.1:0", **options):
        with open(self.out, "wb") as out, open(self.log, "wb") as err:
            process = self.start(testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", address, *flags,
                                 "--", sys.executable, self.trainer, self.folder, str(lines),
                                 stdout=output or out, stderr=err, **options)
        self.addCleanup(self.end_trainer)
        testing.wait_until(lambda: (self.folder / "pid").exists(), "the command to run")
        return process

    def end_trainer(self):
        (self.folder / "stop").touch()

    def watched(self, process):
        """The daemon, once it listens: it takes signals then, and has its storage."""
        testing.wait_until(lambda: listening_address(self.log.read_text()), "lossd to listen")
        return testing.wait_until(lambda: daemon_of(process.pid), "the daemon")

    def written(self, lines=50):
        testing.wait_until(lambda: self.out.read_bytes().count(b"\n") > lines, "output")

    def says(self, text):
        testing.wait_until(lambda: text in self.log.read_text(), f"the log to say: {text}")

    def complete(self, repeated=0):
        """Lets the trainer end; whatever was done to lossd, all that it wrote is in the output, with so many bytes at most twice."""
        self.end_trainer()
        testing.wait_until(lambda: (self.folder / "ended").exists(), "the trainer to end by itself")
        expected = whole(int((self.folder / "steps").read_text()))
        testing.wait_until(lambda: self.out.stat().st_size >= len(expected), "the whole output")
        written = self.out.read_text()
        more = len(written) - len(expected)
        self.assertLessEqual(more, repeated)
        same = len(os.path.commonprefix([written, expected]))
        self.assertEqual(written[same:same + more], written[same - more:same])
        self.assertEqual(written[:same] + written[same + more:], expected)


class Killed(Case):
    def test_the_daemon_killed(self):
        process = self.exec()
        self.written()
        os.kill(testing.wait_until(lambda: daemon_of(process.pid), "the daemon"), signal.SIGKILL)
        self.says("the command goes on without it")
        self.written(self.out.read_bytes().count(b"\n") + 50)
        self.complete()
        self.assertEqual(process.wait(120), 5)

    def test_the_daemon_ended(self):
        process = self.exec()
        self.written()
        os.kill(self.watched(process), signal.SIGTERM)
        self.says("the command goes on without it")
        self.complete()
        self.assertEqual(process.wait(120), 5)

    def test_the_process_that_was_started_killed(self):
        for _ in range(5):
            for name in ("pid", "stop", "ended", "steps"):
                (self.folder / name).unlink(missing_ok=True)
            process = self.exec()
            self.written()
            process.kill()
            process.wait(120)
            self.complete()

    def test_killed_while_the_output_stands_still(self):
        # Nobody reads for a while: the relay is in the middle of a chunk when it is killed.
        reader, writer = os.pipe()
        with open(self.out, "wb") as out:
            process = self.exec(lines=20000, output=writer)
            testing.wait_until(lambda: not select.select([], [writer], [], 0)[1], "the pipe to be full")
            os.close(writer)
            out.write(os.read(reader, 100000))
            process.kill()
            process.wait(120)
            (self.folder / "stop").touch()
            while piece := os.read(reader, 100000):
                out.write(piece)
        os.close(reader)
        self.complete(repeated=4096)  # a write wakes its reader, who may kill before the relay knows that it has written

    def test_a_daemon_that_stands_still(self):
        process = self.exec(lines=40000)  # several times what the pipe to the daemon holds
        daemon = testing.wait_until(lambda: daemon_of(process.pid), "the daemon")
        os.kill(daemon, signal.SIGSTOP)
        try:
            self.end_trainer()
            testing.wait_until(lambda: (self.folder / "ended").exists(), "the trainer to end by itself", 120)
        finally:
            os.kill(daemon, signal.SIGCONT)
        self.assertEqual(process.wait(120), 5)
        self.complete()


class Piped(Case):
    def pipe(self, *flags):
        with open(self.out, "wb") as out, open(self.log, "wb") as err:
            trainer = self.start(sys.executable, "-u", self.trainer, self.folder, stdout=subprocess.PIPE)
            process = self.start(testing.LOSSD, "--tee", "--config.file", self.config, "--web.listen-address", "127.0.0.1:0", *flags,
                                 "-", stdin=trainer.stdout, stdout=out, stderr=err)
        trainer.stdout.close()
        self.addCleanup(self.end_trainer)
        return trainer, process

    def test_killed(self):
        trainer, process = self.pipe()
        self.written()
        process.kill()
        process.wait(120)
        self.complete()
        self.assertEqual(trainer.wait(120), 5)

    def test_the_daemon_killed(self):
        trainer, process = self.pipe()
        self.written()
        os.kill(testing.wait_until(lambda: daemon_of(process.pid), "the daemon"), signal.SIGKILL)
        self.complete()
        self.assertEqual(trainer.wait(120), 5)

    def test_asked_to_end(self):
        trainer, process = self.pipe()
        self.written()
        self.watched(process)
        process.terminate()
        self.assertEqual(process.wait(120), 0)
        self.complete()
        self.assertEqual(trainer.wait(120), 5)

    def test_a_bad_configuration(self):
        self.config.write_text("jobs: {ttl: never}\n")
        trainer, process = self.pipe()
        self.written()
        self.complete()
        self.assertEqual(trainer.wait(120), 5)
        self.assertEqual(process.wait(120), 2)
        self.assertIn("jobs.ttl", self.log.read_text())

    def test_a_bad_command_line(self):
        trainer, process = self.pipe("--bogus")
        self.says("unknown flag --bogus")
        self.end_trainer()
        self.assertEqual(trainer.wait(120), 5)
        self.assertEqual(process.wait(120), 2)


class Hindered(Case):
    def test_a_taken_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            process = self.exec(address=f"127.0.0.1:{port}")
            address = testing.wait_until(lambda: listening_address(self.log.read_text()), "lossd to listen elsewhere")
            self.assertNotEqual(address, f"127.0.0.1:{port}")
            self.says(f'msg="the port is taken, listening on the next free one" taken={port} port=')
            self.complete()
            self.assertEqual(process.wait(120), 5)

    def test_an_address_that_is_not_ours(self):
        process = self.exec(address="192.0.2.1:10333")
        self.complete()
        self.assertEqual(process.wait(120), 5)
        self.assertIn("training goes on unwatched", self.log.read_text())

    def test_a_storage_that_is_taken(self):
        first = self.exec("--storage.path", self.folder / "state")
        self.watched(first)
        with open(self.folder / "log2", "wb") as err:
            second = self.start(testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", "127.0.0.1:0",
                                "--storage.path", self.folder / "state", "--", "true", stderr=err)
        self.assertEqual(second.wait(120), 0)
        self.assertIn("nothing is saved of this training", (self.folder / "log2").read_text())
        self.complete()
        self.assertEqual(first.wait(120), 5)

    def test_a_bad_reload(self):
        process = self.exec()
        daemon = self.watched(process)
        self.config.write_text("jobs: {ttl: never}\n")
        os.kill(daemon, signal.SIGHUP)
        self.says("configuration refused")
        self.complete()
        self.assertEqual(process.wait(120), 5)

    def test_what_the_command_leaves_behind_writes_on(self):
        with open(self.out, "wb") as out:
            done = subprocess.run(
                [testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", "127.0.0.1:0", "--", "sh", "-c",
                 f"{sys.executable} {self.trainer} {self.folder} & while ! test -e {self.folder}/pid; do :; done"],
                stdout=out, stderr=subprocess.DEVNULL, timeout=120)
        self.assertEqual(done.returncode, 0)
        self.written(self.out.read_bytes().count(b"\n") + 50)
        self.complete()


class AsWithout(Case):
    def run_exec(self, *command, flags=(), **options):
        return testing.run(testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", "127.0.0.1:0", *flags, "--",
                           *command, **options)

    def test_a_signal_that_ends_the_command_is_the_status(self):
        self.assertEqual(self.run_exec("sh", "-c", "kill -9 $$").returncode, 137)

    def test_python_does_not_buffer_unless_told(self):
        show = (sys.executable, "-c", "import os; print(repr(os.environ.get('PYTHONUNBUFFERED')))")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        self.assertEqual(self.run_exec(*show, env=environment).stdout, "'1'\n")
        self.assertEqual(self.run_exec(*show, env={**environment, "PYTHONUNBUFFERED": ""}).stdout, "''\n")

    def test_a_terminal_is_had_for_the_asking(self):
        self.assertEqual(self.run_exec("sh", "-c", "test -t 1 && test -t 2", flags=("--pty",)).returncode, 0)
        self.assertEqual(self.run_exec("sh", "-c", "test -t 1 || test -t 2").returncode, 1)
        bar = subprocess.run([testing.LOSSD, "exec", "--config.file", self.config, "--web.listen-address", "127.0.0.1:0", "--pty",
                              "--", "printf", r"50%%\r100%%\n"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120)
        self.assertEqual(bar.stdout, b"50%\r100%\n")

    def test_stops_and_continues_with_its_command(self):
        # A group of its own, as a shell gives it: the kernel stops nothing in a group whose parents are all of other sessions.
        process = self.exec(preexec_fn=os.setpgrp)
        trainer = int((self.folder / "pid").read_text())
        state = lambda pid: pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        process.send_signal(signal.SIGTSTP)
        testing.wait_until(lambda: state(process.pid) == "T" and state(trainer) == "T", "both to stop")
        process.send_signal(signal.SIGCONT)
        testing.wait_until(lambda: state(process.pid) != "T" and state(trainer) != "T", "both to go on")
        self.complete()
        self.assertEqual(process.wait(120), 5)

    def test_survives_the_hangup_of_a_terminal_under_nohup(self):
        process = self.exec(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        self.written(self.out.read_bytes().count(b"\n") + 50)
        self.complete()
        self.assertEqual(process.wait(120), 5)


if __name__ == "__main__":
    testing.main()
