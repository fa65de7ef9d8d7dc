"""Prometheus' own Python client pushes to lossd as it would to a Pushgateway."""

import math
import urllib.error

from prometheus_client import CollectorRegistry, Counter, Gauge, delete_from_gateway, push_to_gateway, pushadd_to_gateway

from support import testing
from support.lossd_daemon import Lossd


class Pushing(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)
        self.registry = CollectorRegistry()
        self.loss = Gauge("train_loss", "The loss.", registry=self.registry)
        self.step = Gauge("train_step", "The step.", registry=self.registry)

    def push(self, job="pushed", **options):
        push_to_gateway(self.lossd.address, job, self.registry, **options)

    def value(self, name, **labels):
        return self.lossd.scrape().value(name, **{"training_job": "pushed", **labels})

    def test_each_push_is_a_sample_to_the_bit(self):
        Gauge("learning_rate", "", registry=self.registry).set(1e-3)
        Gauge("unrelated", "", registry=self.registry).set(7)
        for step in range(40):
            loss = math.exp(-step / 7) + 0.1
            self.loss.set(loss)
            self.step.set(step)
            self.push()
            self.assertEqual(self.value("training_loss"), loss)
        self.assertEqual(self.value("training_loss_samples_total"), 40)
        self.assertEqual(self.value("training_step"), 39)
        self.assertEqual(self.value("training_learning_rate"), 1e-3)

    def test_what_is_pushed_again_is_no_new_sample(self):
        self.loss.set(2.5)
        self.step.set(1)
        for _ in range(3):
            self.push()
        self.assertEqual(self.value("training_loss_samples_total"), 1)

    def test_counters_count_steps(self):
        registry = CollectorRegistry()
        steps, loss = Counter("steps", "", registry=registry), Gauge("loss", "", registry=registry)
        for value in (2.5, 2.5, 2.4):
            steps.inc()
            loss.set(value)
            pushadd_to_gateway(self.lossd.address, "pushed", registry)
        self.assertEqual(self.value("training_loss_samples_total"), 3)
        self.assertEqual(self.value("training_step"), 3)

    def test_grouping_labels_become_labels(self):
        self.loss.set(2.5)
        self.push(grouping_key={"instance": "host/1", "rack": "", "loss": "cross-entropy"})
        series = self.lossd.scrape().series("training_loss", training_job="pushed")
        self.assertEqual(series[0].labels["instance"], "host/1")
        self.assertEqual(series[0].labels["exported_loss"], "cross-entropy")
        self.assertNotIn("rack", series[0].labels)

    def test_two_groups_of_one_job_are_not_mixed(self):
        for step in range(3):
            for host in ("a", "b"):
                self.loss.set(2.5 if host == "a" else 7.5)
                self.step.set(step)
                self.push(grouping_key={"instance": host})
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_loss", training_job="pushed"), 2.5)
        self.assertEqual(scrape.value("training_loss", training_job="pushed/b"), 7.5)

    def test_non_finite_losses_are_samples(self):
        for value in (2.5, math.nan, math.inf, -math.inf):
            self.loss.set(value)
            self.push()
        self.assertEqual([self.value("training_loss_nonfinite_total", kind=kind) for kind in ("nan", "+inf", "-inf")], [1, 1, 1])

    def test_deleting_the_group_removes_the_job(self):
        self.loss.set(2.5)
        self.push()
        delete_from_gateway(self.lossd.address, "pushed")
        self.assertIsNone(self.value("training_loss"))
        delete_from_gateway(self.lossd.address, "never pushed")

    def test_a_bad_push_disturbs_nobody_else(self):
        self.loss.set(2.5)
        self.push()
        for path, body in (("/metrics/job/bad", "train_loss\n"), ("/metrics/job/bad", "train_loss 1 1700000000000\n"),
                           ("/metrics/job/pushed", "train_loss 1\ntrain_loss 2\n"), ("/metrics/job", "loss 1\n"),
                           ("/metrics/job/bad/odd", "loss 1\n"), ("/metrics/job@base64/!", "loss 1\n")):
            answer = self.lossd.request("PUT", path, body)
            self.assertIn(answer.status, (400, 404, 405), path)
        self.assertEqual(self.value("training_loss"), 2.5)
        self.assertIsNone(self.lossd.scrape().value("training_loss", training_job="bad"))

    def test_a_push_that_is_refused_raises_in_the_client(self):
        with self.assertRaises(urllib.error.HTTPError):
            self.push(job="x" * 1000)
            self.loss.set(2.5)
            self.push(job="x" * 1000)


if __name__ == "__main__":
    testing.main()
