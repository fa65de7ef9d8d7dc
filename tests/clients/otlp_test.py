"""OpenTelemetry's Python SDK exports to lossd."""

import gzip
import json
import math

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter, run_script

PACKAGES = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")
SCRIPT = """
import math, sys, urllib.request
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

address, compression = sys.argv[1:]
exporter = OTLPMetricExporter(endpoint=f"http://{address}/v1/metrics", compression=Compression(compression))
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3600_000)
provider = MeterProvider([reader], Resource.create({"service.name": "telemetry"}))
meter = provider.get_meter("training")
loss, rate = meter.create_gauge("train.loss"), meter.create_gauge("train.lr")
steps = meter.create_counter("train.steps")
for step in range(30):
    loss.set(math.exp(-step / 7) + 0.1, {"step": step, "epoch": step / 10})
    rate.set(1e-3)
    steps.add(1)
    if step % 3 == 2:
        assert reader.force_flush()
provider.shutdown()
"""


class Exporting(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)

    def post(self, body, headers=None):
        return self.lossd.request("POST", "/v1/metrics", body, {"Content-Type": "application/json", **(headers or {})})

    def test_the_python_sdk(self):
        python = interpreter(*PACKAGES)
        for compression in ("none", "gzip"):
            with self.subTest(compression=compression):
                lossd = self.lossd = Lossd(self)
                run_script(self, python, SCRIPT, lossd.address, compression)
                scrape = lossd.scrape()
                value = lambda name: scrape.value(name, training_job="telemetry")
                self.assertEqual(value("training_loss_samples_total"), 30)
                self.assertEqual(value("training_loss"), math.exp(-29 / 7) + 0.1)
                self.assertEqual(value("training_loss_best"), math.exp(-29 / 7) + 0.1)
                self.assertEqual((value("training_step"), value("training_learning_rate")), (29, 1e-3))

    def test_json_with_every_spelling_of_a_number(self):
        point = lambda **more: {"attributes": [{"key": "step", "value": {"intValue": "7"}}], "timeUnixNano": "0", **more}
        metric = lambda name, points: {"name": name, "gauge": {"dataPoints": points}}
        body = {"resourceMetrics": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "job"}}]},
            "scopeMetrics": [{"metrics": [metric("loss", [point(asDouble=0.1)]), metric("eval_loss", [point(asInt="2")]),
                                          metric("aux_loss", [point(asDouble="NaN")]), metric("none_loss", [point(flags=1)])]}],
            "unknownField": {"a": [1]}}]}
        answer = self.post(gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"})
        self.assertEqual((answer.status, answer.json), (200, {}))
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_loss", training_job="job", loss="train"), 0.1)
        self.assertEqual(scrape.value("training_loss", training_job="job", loss="eval"), 2)
        self.assertTrue(math.isnan(scrape.value("training_loss", training_job="job", loss="aux_loss")))
        self.assertEqual(len(scrape.series("training_loss", training_job="job")), 3)

    def test_what_is_no_export_is_refused(self):
        self.assertEqual(self.post("{").status, 400)
        self.assertEqual(self.post(b"\xff\xff", {"Content-Type": "application/x-protobuf"}).status, 400)
        self.assertEqual(self.post("{}", {"Content-Type": "text/plain"}).status, 415)
        self.assertEqual(self.post("{}").status, 200)

    def test_a_sample_that_the_job_table_refuses_is_a_partial_success(self):
        body = {"resourceMetrics": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "x" * 1000}}]},
            "scopeMetrics": [{"metrics": [{"name": "loss", "gauge": {"dataPoints": [{"asDouble": 1}]}}]}]}]}
        answer = self.post(body)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["partialSuccess"]["rejectedDataPoints"], "1")


if __name__ == "__main__":
    testing.main()
