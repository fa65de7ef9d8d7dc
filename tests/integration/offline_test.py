"""replay and explain, on logs that the demo trainer writes in the style of each framework."""

import json
import subprocess

from support import testing


def records(*command):
    done = testing.run(testing.LOSSD, *command)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Offline(testing.TestCase):
    def train(self, *arguments):
        log = self.folder / "demo.log"
        testing.run(testing.DEMO_TRAINER, "--output", log, *arguments, check=True)
        return log

    def replay(self, *arguments):
        """The events of the training series and its summary."""
        records_ = [record for record in records("replay", "--output", "json", self.train(*arguments)) if record["loss"] == "train"]
        self.assertEqual([record["event"] for record in records_].count("summary"), 1)
        self.assertEqual(records_[-1]["event"], "summary")
        return records_[:-1], records_[-1]

    def test_every_style_of_log_is_read_whole(self):
        for style in ("nanogpt", "hf", "json", "csv", "megatron", "torchtitan"):
            with self.subTest(style):
                (self.folder / "demo.log").unlink(missing_ok=True)
                _, summary = self.replay("--format", style, "--steps", "300")
                self.assertEqual(summary["samples"], 300)
                if style != "hf":  # whose lines tell no step
                    self.assertEqual((summary["first_step"], summary["last_step"]), (0, 299))

    def test_evaluation_losses_are_a_series_of_their_own(self):
        for style in ("nanogpt", "hf", "json", "csv", "megatron"):
            with self.subTest(style):
                (self.folder / "demo.log").unlink(missing_ok=True)
                log = self.train("--format", style, "--steps", "300", "--eval-every", "50")
                summaries = {record["loss"]: record for record in records("replay", "--output", "json", log)
                             if record["event"] == "summary"}
                self.assertEqual(summaries["eval"]["samples"], 6)
                self.assertEqual(summaries["train"]["samples"], 300)

    def test_explain_gives_what_the_lines_hold(self):
        log = self.train("--format", "json", "--steps", "50")
        written = [json.loads(line) for line in log.read_text().splitlines()]
        read = records("explain", "--output", "json", log)
        self.assertEqual([(record["line"], record["samples"][0]["value"], record["samples"][0]["step"]) for record in read],
                         [(number + 1, line["loss"], line["step"]) for number, line in enumerate(written)])

    def test_a_healthy_run_never_reads_as_divergence(self):
        for seed in range(1, 4):
            with self.subTest(seed=seed):
                (self.folder / "demo.log").unlink(missing_ok=True)
                events, summary = self.replay("--steps", "1500", "--seed", seed)
                self.assertNotIn("diverging", [event["to"] for event in events if event["event"] == "regime"])
                self.assertEqual(summary["nonfinite"], 0)
                self.assertIn(summary["regime"], ("healthy", "converging", "plateau", "undecided", "warming_up"))

    def test_a_jump_of_the_learning_rate_reads_as_divergence_at_once(self):
        events, _ = self.replay("--steps", "1200", "--fault", "lr-jump@500:100")
        onsets = [event["step"] for event in events if event["event"] == "regime" and event["to"] == "diverging"]
        self.assertTrue(onsets and 500 <= onsets[0] <= 530, onsets)

    def test_a_nan_is_told_at_its_step(self):
        events, summary = self.replay("--steps", "600", "--fault", "nan@400")
        entered = [event for event in events if event["event"] == "regime" and event["to"] == "non_finite"]
        self.assertEqual([event["step"] for event in entered], [400])
        self.assertEqual(summary["nonfinite"], 200)
        self.assertEqual(summary["regime"], "non_finite")
        self.assertEqual(summary["last_loss"], "nan")

    def test_frozen_weights_read_as_a_plateau(self):
        _, summary = self.replay("--steps", "1500", "--fault", "freeze@100")
        self.assertEqual(summary["regime"], "plateau")

    def test_a_resume_is_told_once(self):
        events, summary = self.replay("--steps", "900", "--fault", "rewind@500:100")
        self.assertEqual(summary["restarts"], 1)
        self.assertNotIn("diverging", [event["to"] for event in events if event["event"] == "regime"])

    def test_output_that_cannot_be_written_is_an_error(self):
        log = self.train("--steps", "300")
        for command in ("replay", "explain"):
            with self.subTest(command), open("/dev/full", "wb") as full:
                done = subprocess.run([testing.LOSSD, command, log], stdout=full, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (1, b"lossd: the output could not be written\n"))

    def test_text_for_people_names_the_regimes(self):
        done = testing.run(testing.LOSSD, "replay", self.train("--steps", "900", "--fault", "lr-jump@500:100"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("diverging", done.stdout)


if __name__ == "__main__":
    testing.main()
