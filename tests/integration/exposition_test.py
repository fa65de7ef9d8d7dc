"""The metrics page, judged by other people's readers of it."""

import gzip

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from support import testing
from support.lossd_daemon import Lossd

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


class Exposition(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)
        for step in range(60):
            self.lossd.post({"training_job": 'odd "name"\\\n', "step": step, "losses": {"train": 2 - step / 100, "eval": 2.5},
                             "lr": 1e-4, "grad_norm": 1, "epoch": 0.1, "labels": {"cluster": "west"}})
        self.lossd.post({"training_job": "broken", "step": 1, "loss": "nan"})

    def test_promtool_finds_nothing_to_say(self):
        promtool = testing.find_program("promtool")
        done = testing.run(promtool, "check", "metrics", input=self.lossd.get("/metrics").text)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_openmetrics_is_what_its_parser_accepts(self):
        answer = self.lossd.get("/metrics", Accept=OPENMETRICS)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"))
        self.assertTrue(answer.text.endswith("# EOF\n"))
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        self.assertEqual(families["training_loss_samples"].type, "counter")
        self.assertEqual(families["loss_velocity"].type, "gauge")
        self.assertTrue(all(family.documentation for family in families.values()))

    def test_both_forms_hold_the_same_series(self):
        plain = self.lossd.scrape()
        accepted = list(text_string_to_metric_families(self.lossd.get("/metrics", Accept=OPENMETRICS).text))
        open_names = {(sample.name, tuple(sorted(sample.labels.items()))) for family in accepted for sample in family.samples}
        plain_names = {(sample.name, tuple(sorted(sample.labels.items()))) for sample in plain.samples}
        self.assertEqual({name for name in plain_names if not name[0].startswith("lossd_")},
                         {name for name in open_names if not name[0].startswith("lossd_")})

    def test_plain_text_is_the_default(self):
        for accept in ("*/*", "text/plain;version=0.0.4", "text/html"):
            answer = self.lossd.get("/metrics", Accept=accept)
            self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), accept)

    def test_gzip_where_it_is_accepted(self):
        answer = self.lossd.get("/metrics", Accept_Encoding="gzip")
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertIn(b"loss_velocity", gzip.decompress(answer.body))
        self.assertIsNone(self.lossd.get("/metrics", Accept_Encoding="identity").headers["Content-Encoding"])

    def test_a_gauge_is_absent_until_it_means_something(self):
        for count, velocity, acceleration in ((1, 0, 0), (2, 1, 0), (5, 1, 0), (6, 1, 1)):
            job = f"young-{count}"
            for step in range(count):
                self.lossd.post({"training_job": job, "step": step, "loss": 1.0})
            scrape = self.lossd.scrape()
            self.assertEqual(len(scrape.series("loss_velocity", training_job=job, window="30")), velocity, count)
            self.assertEqual(len(scrape.series("loss_acceleration", training_job=job, window="30")), acceleration, count)

    def test_every_regime_is_a_series_and_one_is_on(self):
        series = self.lossd.scrape().series("training_regime", training_job="broken")
        self.assertEqual({sample.labels["regime"]: sample.value for sample in series},
                         {"warming_up": 0, "undecided": 0, "healthy": 0, "converging": 0, "plateau": 0, "constant": 0, "diverging": 0,
                          "overfitting": 0, "oscillating": 0, "non_finite": 1, "stalled": 0})

    def test_a_nan_is_written_as_prometheus_writes_it(self):
        self.assertRegex(self.lossd.get("/metrics").text, r'training_loss\{[^}]*training_job="broken"[^}]*\} NaN\n')


if __name__ == "__main__":
    testing.main()
