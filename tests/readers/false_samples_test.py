"""No sample may be found in text that holds none: headers, manuals, documentation, sources of other people, the system's logs."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from readers import untrained_logs

LOSSD = os.path.join(os.environ["LOSSD_BIN_DIR"], "lossd")
FOLDERS = ["/usr/include", "/usr/share/doc", "/usr/share/man", "/usr/share/perl", "/usr/lib/python3", "/usr/share/cmake-3.25", "/var/log", "/etc"]
LINES = 1_000_000
BATCH = 300
# Lines of each kind of log without training; 53,000 make a million.
LINES_OF_A_KIND = int(os.environ.get("LOSSD_UNTRAINED_LINES", "10000"))


def texts():
    """Files of text below FOLDERS, with the number of lines in each."""
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix == ".gz" or path.is_symlink() or not path.is_file():
                continue
            try:
                content = path.read_bytes()
            except OSError:
                continue
            if b"\0" not in content[:1024] and len(content) < 4 << 20:
                yield str(path), content.count(b"\n")


class FalseSamples(unittest.TestCase):
    def test_ordinary_text_gives_no_sample(self):
        lines, batch, found = 0, [], []
        for path, count in texts():
            lines += count
            batch.append(path)
            if len(batch) == BATCH or lines >= LINES:
                found += self.samples(batch)
                batch = []
            if lines >= LINES:
                break
        found += self.samples(batch) if batch else []
        if lines < LINES / 10:
            self.skipTest(f"only {lines} lines of text on this machine")
        self.assertEqual(found, [], f"in {lines} lines")

    def test_logs_without_training_give_no_sample(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for kind in untrained_logs.KINDS:
                paths.append(os.path.join(folder, kind.__name__ + ".log"))
                with open(paths[-1], "w") as log:
                    log.writelines(line + "\n" for line in untrained_logs.lines(kind, LINES_OF_A_KIND))
            self.assertEqual(self.samples(paths), [])

    def samples(self, paths):
        done = subprocess.run([LOSSD, "explain", "--summary", "--output", "json", *paths], capture_output=True, text=True, errors="replace")
        return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    unittest.main()
