"""Prometheus' own clients, in Python and in Go, push to lossd as they would to a Pushgateway."""

import math
import urllib.error

from prometheus_client import CollectorRegistry, Counter, Gauge, delete_from_gateway, push_to_gateway, pushadd_to_gateway

from support import exact_values, testing
from support.go_programs import go_program
from support.lossd_daemon import Lossd

MODULES = ("github.com/prometheus/client_golang@v1.20.5", "github.com/prometheus/common@v0.55.0", "github.com/klauspost/compress@v1.17.9")
GO = r"""
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func pusher(url, job string, loss float64) *push.Pusher {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "train_loss"})
	step := prometheus.NewGauge(prometheus.GaugeOpts{Name: "train_step"})
	gauge.Set(loss)
	step.Set(7)
	return push.New(url, job).Collector(gauge).Collector(step)
}

// The text of a push, packed as a client of one's own may pack it.
func packed(url, job, coding string, pack func(io.Writer) io.WriteCloser) {
	var body bytes.Buffer
	writer := pack(&body)
	io.WriteString(writer, "train_loss 0.30000000000000004\n"+strings.Repeat("# filler\n", 10000))
	check(writer.Close())
	request, err := http.NewRequest("PUT", "http://"+url+"/metrics/job/"+job, &body)
	check(err)
	request.Header.Set("Content-Encoding", coding)
	answer, err := http.DefaultClient.Do(request)
	check(err)
	if answer.StatusCode/100 != 2 {
		panic(answer.Status)
	}
}

func main() {
	url := os.Args[1]
	for i, text := range os.Args[2:] {
		loss, err := strconv.ParseFloat(text, 64)
		check(err)
		check(pusher(url, fmt.Sprintf("delimited-%d", i), loss).Push())
		check(pusher(url, fmt.Sprintf("text-%d", i), loss).Format(expfmt.NewFormat(expfmt.TypeTextPlain)).Add())
	}
	check(pusher(url, "a/b", 1).Grouping("instance", "host/1").Grouping("rack", "").Push())
	check(pusher(url, "gone", 1).Push())
	check(pusher(url, "gone", 1).Delete())
	packed(url, "gzip", "gzip", func(to io.Writer) io.WriteCloser { return gzip.NewWriter(to) })
	packed(url, "snappy", "snappy", func(to io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(to) })
	if err := pusher(url, strings.Repeat("x", 1000), 1).Push(); err == nil || !strings.Contains(err.Error(), "400") {
		panic(fmt.Sprint("not refused: ", err))
	}
}
"""


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

    def test_every_double_arrives_to_the_bit(self):
        for i, value in enumerate(exact_values.VALUES):
            self.loss.set(value)
            self.push(job=f"exact-{i}")
        exact_values.check(self, self.lossd.scrape())

    def test_the_client_in_go(self):
        program = go_program(GO, *MODULES)
        done = testing.run(program, self.lossd.address, *exact_values.TEXTS)
        self.assertEqual(done.returncode, 0, done.stderr)
        scrape = self.lossd.scrape()
        exact_values.check(self, scrape, "delimited-{}")
        exact_values.check(self, scrape, "text-{}")
        series = scrape.series("training_loss", training_job="a/b")
        self.assertEqual(series[0].labels["instance"], "host/1")
        self.assertNotIn("rack", series[0].labels)
        self.assertEqual(scrape.series("training_loss", training_job="gone"), [])
        self.assertEqual([scrape.value("training_loss", training_job=job) for job in ("gzip", "snappy")], [0.1 + 0.2] * 2)

    def test_a_job_and_a_label_that_need_base64(self):
        self.loss.set(2.5)
        self.push(job="a/b", grouping_key={"instance": "host/1", "odd": "üö"})
        labels = self.lossd.scrape().series("training_loss", training_job="a/b")[0].labels
        self.assertEqual((labels["instance"], labels["odd"]), ("host/1", "üö"))
        delete_from_gateway(self.lossd.address, "a/b", grouping_key={"instance": "host/1", "odd": "üö"})
        self.assertEqual(self.lossd.scrape().series("training_loss", training_job="a/b"), [])

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
