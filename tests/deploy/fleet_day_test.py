"""A day of 500 jobs that come, end, fail and hang, through the shipped rules: who is paged, and who is not."""

import random

import yaml

from deployed_metrics import DEPLOY
from support import testing

JOBS = 500
SCRAPE = 5  # minutes: every rule sees each state at least twice
SCRAPES = 24 * 60 // SCRAPE
STATES = ("running", "ended", "failed", "silent")
# What becomes of a job, for how many of 500, and the pages that an engineer would want.
FATES = {
    "ends": (330, set()),
    "falls_silent": (70, set()),
    "flat_at_its_end": (20, set()),
    "part_diverges": (10, set()),
    "interrupted": (10, set()),
    "fails": (25, {"TrainingFailed"}),
    "hangs": (15, {"TrainingStalled"}),
    "diverges": (12, {"TrainingLossDiverging"}),
    "not_a_number": (8, {"TrainingLossNonFinite"}),
}


class Series:
    """What one job shows, scrape by scrape, as promtool writes it."""

    def __init__(self, name, start, seen):
        self.name, self.start, self.seen, self.series = name, start, seen, []

    def add(self, metric, labels, values):
        text = ",".join(f'{key}="{value}"' for key, value in {"job": "lossd", "instance": "n:10333", "training_job": self.name, **labels}.items())
        before = [f"_x{self.start}"] if self.start else []
        self.series.append({"series": f"{metric}{{{text}}}", "values": " ".join([*before, *values, "stale"])})


def constant(value, scrapes):
    return [f"{value}x{scrapes - 1}"] if scrapes > 1 else [str(value)]


def job(name, fate, rng):
    start, life = rng.randrange(0, SCRAPES - 100), rng.randrange(12, 60)
    # How long its series stay in the scrape once it is over: finished_ttl, ttl, or trouble_ttl cut by the end of the day.
    after = {"ends": 1, "flat_at_its_end": 1, "falls_silent": 12}.get(fate, 36)
    shown = Series(name, start, life + after)
    end_state = {"ends": "ended", "flat_at_its_end": "ended", "falls_silent": "silent", "fails": "failed", "interrupted": "failed"}.get(fate, "running")
    for state in STATES:
        shown.add("training_job_state", {"state": state},
                  constant(int(state == "running"), life) + constant(int(state == end_state), after))
    trouble = {"hangs": "stalled", "diverges": "diverging", "not_a_number": "non_finite", "flat_at_its_end": "plateau", "part_diverges": "diverging"}.get(fate)
    role = "part" if fate == "part_diverges" else "whole"
    quiet = life - 4 if fate in ("flat_at_its_end", "part_diverges") else life
    for regime in ("healthy", "plateau", "diverging", "non_finite", "stalled"):
        later = int(regime == (trouble or "healthy"))
        shown.add("training_regime", {"loss": "train", "role": role, "regime": regime},
                  constant(int(regime == "healthy"), quiet) + constant(later, life - quiet + after))
    shown.add("training_loss", {"loss": "train"}, [f"3-0.005x{life + after - 1}"])
    # A job in trouble trains on, but for one that hangs or is over.
    trains_on = fate in ("diverges", "not_a_number")
    began, ended = start * SCRAPE * 60, (start + life) * SCRAPE * 60
    last = [f"{began}+{SCRAPE * 60}x{life - 1}"]
    shown.add("training_last_sample_timestamp_seconds", {"loss": "train"},
              [f"{began}+{SCRAPE * 60}x{life + after - 1}"] if trains_on else last + constant(ended, after))
    shown.add("training_step_interval_seconds", {"loss": "train"}, constant(1.5, life + after))
    if end_state == "failed":
        reason = "interrupted" if fate == "interrupted" else "exception"
        info = Series(name, start + life, after)
        info.add("training_failure_info", {"reason": reason, "last_line": "RuntimeError: x"}, constant(1, after))
        shown.series += info.series
    return shown.series


class FleetDay(testing.TestCase):
    def test_only_what_is_wrong_pages(self):
        rng = random.Random(7)
        series, expected = [], set()
        for fate, (count, pages) in FATES.items():
            for number in range(count):
                series += job(f"{fate}-{number}", fate, rng)
                expected |= {(page, f"{fate}-{number}") for page in pages}
        self.assertEqual(sum(count for count, _ in FATES.values()), JOBS)
        fires = 'count by (alertname, training_job) (count_over_time(ALERTS{alertstate="firing",severity="critical"}[1d]))'
        test = {"interval": f"{SCRAPE}m", "input_series": series, "promql_expr_test": [{
            "expr": fires, "eval_time": f"{SCRAPES * SCRAPE}m",
            "exp_samples": [{"labels": f'{{alertname="{alert}",training_job="{name}"}}', "value": 1} for alert, name in sorted(expected)]}]}
        rules = self.write("day.yml", yaml.safe_dump({"rule_files": [str(DEPLOY / "prometheus" / "alerts.yml")], "evaluation_interval": f"{SCRAPE}m", "tests": [test]}))
        result = testing.run(testing.find_program("promtool"), "test", "rules", rules, timeout=1000)
        self.assertEqual(result.returncode, 0, (result.stdout + result.stderr)[-4000:])
        print(f"{JOBS} jobs, {len(expected)} pages, none for the other {JOBS - len(expected)}")


if __name__ == "__main__":
    testing.main()
