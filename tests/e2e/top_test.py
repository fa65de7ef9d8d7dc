"""`lossd top` in a real terminal: tmux types and reads the screen."""

import json
import math
import os
import re
import time
import uuid

from support import testing
from support.lossd_daemon import Lossd


class Terminal:
    """A tmux server of the test's own, with one window that runs a command."""

    def __init__(self, test, command, width=100, height=30, locale="C.UTF-8", term="tmux-256color"):
        self.tmux = testing.find_program("tmux")
        self.socket = f"lossd-{uuid.uuid4().hex[:12]}"
        environment = {**os.environ, "LC_ALL": locale, "TMPDIR": str(test.folder), "TMUX_TMPDIR": str(test.folder)}
        environment.pop("TMUX", None)
        self.environment = environment
        quoted = " ".join("'" + str(part).replace("'", "'\\''") + "'" for part in command)
        shell = f"LC_ALL={locale} TERM={term} {quoted} 2>'{test.folder}/stderr'; echo status $? >'{test.folder}/status'"
        self.run("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, shell)
        test.addCleanup(testing.run, self.tmux, "-L", self.socket, "kill-server", env=environment)

    def run(self, *arguments):
        return testing.run(self.tmux, "-u", "-L", self.socket, *arguments, env=self.environment)

    def keys(self, *keys):
        self.run("send-keys", *keys)

    def screen(self):
        return self.run("capture-pane", "-p").stdout

    def wait(self, *patterns, seconds=60):
        """Waits until all of them are on the screen, which may be seen while it is drawn, and returns it."""
        last = [""]

        def seen():
            last[0] = self.screen()
            return all(re.search(pattern, last[0]) for pattern in patterns) and last[0]

        try:
            return testing.wait_until(seen, " and ".join(patterns), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{last[0]}") from None

    def resize(self, width, height):
        self.run("resize-window", "-x", width, "-y", height)


def body(job, losses):
    return "\n".join(json.dumps({"training_job": job, "step": 10 * i, "loss": loss if math.isfinite(loss) else "nan"}) for i, loss in enumerate(losses))


class Top(testing.TestCase):
    def daemon(self):
        lossd = Lossd(self)
        lossd.post(body("alpha", [5 - 0.01 * i for i in range(300)]))
        lossd.post(body("beta", [5 - 0.01 * i for i in range(100)] + [math.nan]))
        lossd.post(body("\x1b[31mred\u202e", [5 - 0.01 * i for i in range(100)]))
        return lossd

    def status(self):
        return testing.wait_until(lambda: (self.folder / "status").read_text().split(), "the end")[1]

    def test_shows_filters_sorts_and_leaves(self):
        lossd = self.daemon()
        terminal = Terminal(self, [testing.LOSSD, "top", f"http://{lossd.address}"], width=120)
        terminal.wait("3 jobs, 3 running, 1 in trouble", "(?s)! beta.*alpha",  # trouble first
                      re.escape("\\x1b[31mred\\u202e"), "[▁▂▃▄▅▆▇█]{5}")
        terminal.keys("/", "alph")
        terminal.wait(r"filter: alph_")
        terminal.wait(r"(?s)\A(?!.*beta).*alpha")
        terminal.keys("Escape")
        terminal.wait("beta")
        terminal.keys("s")
        terminal.wait("sort: name", "(?s)alpha.*beta")
        terminal.keys("r")
        terminal.wait(r"sort: name \(descending\)")
        lossd.post(body("zeta", [1.0, 0.9]))
        terminal.wait("zeta")
        terminal.keys("?")
        terminal.wait("lossd top: keys")
        terminal.keys("x")
        terminal.wait("JOB")
        terminal.keys("q")
        self.assertEqual(self.status(), "0")

    def test_tells_why_a_job_failed(self):
        log = self.write("lost.log", "".join(f"step={i} loss={5 - 0.01 * i:.3f}\n" for i in range(100)))
        lossd = Lossd(self, log)
        lossd.wait_for_samples("lost", 100)
        terminal = Terminal(self, [testing.LOSSD, "top", f"http://{lossd.address}"], width=120)
        terminal.wait("1 job, 1 running, none in trouble")
        self.append("lost.log", 'Traceback (most recent call last):\n  File "train.py", line 10\nKeyError: \'\x1b[31mlabels\'\n')
        terminal.wait("! lost +failed exception", "1 job, 0 running, 1 in trouble", seconds=120)
        terminal.keys("Enter")
        terminal.wait(r"failed, \w+")
        terminal.wait(r"exception: KeyError: '")
        terminal.keys("q")
        self.assertEqual(self.status(), "0")

    def test_draws_the_chart_of_a_job_in_braille(self):
        lossd = self.daemon()
        terminal = Terminal(self, [testing.LOSSD, "top", f"http://{lossd.address}"])
        terminal.wait("! beta")
        terminal.keys("Enter")
        terminal.wait("beta / train", "non finite", "[\u2801-\u28ff]{3}", r"regime +\S*!", r"step +0 +\d+")
        terminal.resize(80, 24)
        terminal.wait("beta / train")
        terminal.keys("Escape")
        terminal.wait("3 jobs")
        terminal.resize(40, 10)
        terminal.wait("beta")
        terminal.resize(30, 5)
        terminal.wait("too small")
        terminal.resize(80, 24)
        terminal.wait("beta")
        terminal.keys("q")
        self.assertEqual(self.status(), "0")

    def test_reads_logs_without_a_daemon_in_ascii(self):
        log = self.write("gamma.log", "".join(f"step={i} loss={5 - 0.01 * i:.3f}\n" for i in range(200)))
        terminal = Terminal(self, [testing.LOSSD, "top", log], locale="C", term="vt100")
        screen = terminal.wait("gamma")
        self.assertTrue(screen.isascii())
        self.append("gamma.log", "step=200 loss=1.2345\n")
        terminal.wait("1.234")
        terminal.keys("Enter")
        screen = terminal.wait("gamma / train", r"\*\*")
        self.assertTrue(screen.isascii())
        terminal.keys("q")
        self.assertEqual(self.status(), "0")

    def test_draws_where_the_system_describes_no_terminal(self):
        """As in an image without files, or a small container: a name space of its own in which every description is hidden."""
        lossd = self.daemon()
        script = self.write("hidden.sh", 'for folder in /etc/terminfo /lib/terminfo /usr/share/terminfo; do\n'
                                         '  [ ! -d $folder ] || mount -t tmpfs none $folder || exit 77\ndone\nexport HOME=/nonexistent\nexec "$@"\n')
        if testing.run("unshare", "-rm", "sh", script, "true").returncode != 0:
            self.skipTest("no mount name space can be had here")
        for term in ("tmux-256color", "xterm-256color", "vt100"):
            with self.subTest(term):
                terminal = Terminal(self, ["unshare", "-rm", "sh", script, testing.LOSSD, "top", f"http://{lossd.address}"], term=term)
                terminal.wait("! beta")
                terminal.keys("Enter")
                terminal.wait("beta / train")
                terminal.keys("q")
                self.assertEqual(self.status(), "0")
                (self.folder / "status").unlink()
        terminal = Terminal(self, ["unshare", "-rm", "sh", script, testing.LOSSD, "top", f"http://{lossd.address}"], term="dumb")
        self.assertEqual(self.status(), "1")
        self.assertIn("cannot draw on this terminal (TERM=dumb)", (self.folder / "stderr").read_text())

    def test_says_why_it_cannot(self):
        done = testing.run(testing.LOSSD, "top", "http://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("http://127.0.0.1:1: Connection refused", done.stderr)
        done = testing.run(testing.LOSSD, "top", self.write("a.log", ""))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("needs a terminal", done.stderr)

    def test_a_daemon_that_ends_is_no_end(self):
        lossd = self.daemon()
        terminal = Terminal(self, [testing.LOSSD, "top", f"http://{lossd.address}"])
        terminal.wait("! beta")
        lossd.stop()
        terminal.wait("cannot reach")
        terminal.keys("q")
        self.assertEqual(self.status(), "0")


if __name__ == "__main__":
    testing.main()
