"""`./dev run`'s story, told faster."""

import re
import signal
import subprocess
import sys

from support import testing

STORY = testing.ROOT / "tests/demo/story.py"


class Story(testing.TestCase):
    def setUp(self):
        super().setUp()
        # The story keeps its files beside the programs' folder.
        (self.folder / "bin").mkdir()
        for program in (testing.LOSSD, testing.DEMO_TRAINER):
            (self.folder / "bin" / program.rsplit("/", 1)[1]).symlink_to(program)

    def start_story(self, *arguments):
        return self.start(sys.executable, STORY, self.folder / "bin", "--interval-ms", "3", *arguments,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_shows_address_metrics_and_the_divergence(self):
        story = self.start_story("--seconds", "90")
        text = []
        for line in story.stdout:
            text.append(line)
            if "-> diverging" in line:
                break
        text = "".join(text)
        self.assertRegex(text, r"http://127\.0\.0\.1:\d+/metrics")
        self.assertRegex(text, r'(?m)^   loss_velocity\{.*window="30"')
        self.assertRegex(text, r'(?m)^   training_regime\{.*regime="diverging"')
        onset = re.search(r">>> step (\d+): \w+ -> diverging", text)
        self.assertTrue(onset, text)
        self.assertGreaterEqual(int(onset.group(1)), 500)
        story.send_signal(signal.SIGINT)
        self.assertIn("stopped", story.stdout.read())
        self.assertEqual(story.wait(30), 0)

    def test_ends_by_itself_and_leaves_nothing_running(self):
        story = self.start_story("--seconds", "3")
        output = story.stdout.read()  # ends only when no child holds the pipe any more
        self.assertIn("The end", output)
        self.assertEqual(story.wait(30), 0)


if __name__ == "__main__":
    testing.main()
