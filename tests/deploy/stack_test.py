"""`./dev stack` leads to a firing alert in Alertmanager, prints it, and leaves nothing behind."""

import json
import re
import signal
import subprocess
import urllib.request

from deployed_metrics import DEPLOY
from support import testing


class TheStack(testing.TestCase):
    def test_pages_for_the_sick_run_and_ends_clean(self):
        for program in ("prometheus", "prometheus-alertmanager"):
            testing.find_program(program)
        out = self.folder / "out"
        with open(out, "wb") as stdout:
            stack = self.start(DEPLOY / "stack", "--interval-ms", "20", "--fault", "nan@100", stdout=stdout, stderr=subprocess.STDOUT)
        paged = lambda: stack.poll() is not None or "PAGE [firing] sick: the train loss is NaN or infinite" in out.read_text()
        testing.wait_until(paged, "the page", 240)
        printed = out.read_text()
        self.assertIsNone(stack.poll(), printed)

        for url in re.findall(r"http://\S+", printed.split("Alertmanager pages here")[0]):
            with urllib.request.urlopen(url, timeout=60) as answer:
                self.assertEqual(answer.status, 200, url)
        command = re.search(r"Alertmanager +(amtool .*)", printed)
        if command:
            shown = testing.run("sh", "-c", command.group(1))
            self.assertIn("TrainingLossNonFinite", shown.stdout, shown.stderr)
        alertmanager = re.search(r"Alertmanager .*?(http://\S+)", printed).group(1)
        with urllib.request.urlopen(f"{alertmanager}api/v2/alerts", timeout=60) as answer:
            firing = {(each["labels"]["alertname"], each["labels"].get("training_job")) for each in json.load(answer)}
        self.assertEqual(firing, {("TrainingLossNonFinite", "sick")})

        stack.send_signal(signal.SIGINT)
        self.assertEqual(stack.wait(120), 0)
        self.assertFalse(re.search(r"Traceback", out.read_text()), out.read_text())
        folder = re.search(r"folder +(\S+)", printed).group(1)
        self.assertEqual(testing.run("pgrep", "-f", folder).stdout, "", "processes that outlive the stack")


if __name__ == "__main__":
    testing.main()
