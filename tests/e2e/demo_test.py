"""`./dev run`'s story, told faster."""

import importlib.util
import re
import signal
import subprocess
import sys

from support import testing

STORY = testing.ROOT / "tests/demo/story.py"


def story():
    spec = importlib.util.spec_from_file_location("story", STORY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
        story = self.start_story()
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
        self.assertEqual(story.wait(60), 0)

    def test_ends_by_itself_and_leaves_nothing_running(self):
        for end in (("--steps", "400"), ("--seconds", "3")):
            story = self.start_story(*end)
            output = story.stdout.read()  # ends only when no child holds the pipe any more
            # In so many seconds a busy machine may come nowhere.
            self.assertRegex(output, r"\nThe end: .*the loss fell to [0-9.]+ .*\n\Z" if "--steps" in end else r"\nThe end: .*\n\Z")
            self.assertEqual(story.wait(60), 0)

    def test_the_last_line_says_what_became_of_the_run(self):
        output = self.start_story("--fault", "nan@300", "--steps", "400").stdout.read()
        self.assertRegex(output, r"\nThe end: the loss fell to [0-9.]+ \(its best, at step \d+\); from step \d+ on it was \w[\w ]*, and it ended without a "
                                 r"number\. The run is lost\.\n\Z")


class Ending(testing.TestCase):
    """The last line, from what lossd tells of a run."""

    RUN = {"regime": "healthy", "regimes": [{"step": 20, "sample": 2, "regime": "healthy"}], "best_loss": 0.25, "best_step": 400, "smoothed_loss": 0.3,
           "last_loss": 0.31, "sample": [0, 1, 2, 3, 4], "smoothed": [2.0, 1.0, 0.5, 0.6, None], "checkpoint_before_step": None}

    def told(self, *regimes, **run):
        marks = [{"step": 10 * sample, "sample": sample, "regime": regime} for sample, regime in regimes]
        return story().ending({**self.RUN, "regimes": self.RUN["regimes"] + marks, **run})

    def test_of_a_run_without_trouble(self):
        self.assertEqual(self.told(), "nothing went wrong: the loss fell to 0.25 (its best, at step 400), and was healthy in the end.")

    def test_of_a_run_that_comes_back(self):
        self.assertIn("from step 30 on it was diverging (0.6 before), and came back: it ended at 0.3, healthy.", self.told((3, "diverging")))

    def test_of_a_run_that_does_not_whatever_its_regime_is_called(self):
        for regime in ("diverging", "plateau", "healthy"):
            told = self.told((3, "diverging"), (4, regime), smoothed_loss=3.0, regime=regime, checkpoint_before_step=20)
            self.assertIn("it never came back: it ended at 3, 12 times its best. Go back to a checkpoint from before step 20.", told)
            self.assertNotIn("healthy", told)

    def test_of_a_run_that_has_no_checkpoint_to_go_back_to(self):
        for step in (None, 0):
            told = self.told((3, "diverging"), smoothed_loss=3.0, regime="diverging", checkpoint_before_step=step)
            self.assertTrue(told.endswith("12 times its best."), told)

    def test_of_a_run_that_is_lost(self):
        self.assertIn("ended without a number", self.told((3, "non_finite"), last_loss="nan"))
        self.assertIn("no loss was a number", self.told((0, "non_finite"), last_loss="nan", best_loss=None, best_step=None, smoothed_loss=None, smoothed=None))


if __name__ == "__main__":
    testing.main()
