"""OpenTelemetry's SDKs of Python and Node, and its Collector, export to lossd."""

import gzip
import json
import math
import os
import unittest
import urllib.error
import urllib.request

from support import exact_values, testing
from support.go_programs import go_program
from support.lossd_daemon import Lossd
from support.node_clients import node_modules
from support.ports import free_port
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

# One job a value: each comes back as it was sent, or not at all.
EXACT = """
import sys
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

for i, text in enumerate(sys.argv[2:]):
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"http://{sys.argv[1]}/v1/metrics"), export_interval_millis=3600_000)
    provider = MeterProvider([reader], Resource.create({"service.name": f"exact-{i}"}))
    provider.get_meter("training").create_gauge("train.loss").set(float(text), {"step": 1})
    provider.shutdown()
"""
NODE_PACKAGES = ("@opentelemetry/sdk-metrics@2", "@opentelemetry/resources@2", "@opentelemetry/exporter-metrics-otlp-http@0.200",
                 "@opentelemetry/exporter-metrics-otlp-proto@0.200")
NODE = """
const { MeterProvider, PeriodicExportingMetricReader } = require("@opentelemetry/sdk-metrics");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const [address, kind, compression, ...values] = process.argv.slice(2);
const { OTLPMetricExporter } = require(`@opentelemetry/exporter-metrics-otlp-${kind}`);
(async () => {
  for (const [i, text] of values.entries()) {
    const exporter = new OTLPMetricExporter({ url: `http://${address}/v1/metrics`, compression });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600_000 });
    const resource = resourceFromAttributes({ "service.name": `exact-${i}` });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const value = text.endsWith("inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
    provider.getMeter("training").createGauge("train.loss").record(value, { step: 1 });
    await provider.forceFlush();
    await provider.shutdown();
  }
})().catch((error) => { console.error(error); process.exit(1); });
"""
COLLECTOR_MODULES = tuple(f"go.opentelemetry.io/collector/{name}@v0.165.0" for name in ("otelcol", "exporter/otlphttpexporter", "receiver/otlpreceiver", "service"))
COLLECTOR = """
package main

import (
	"log"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"
)

func factories() (otelcol.Factories, error) {
	in, out := otlpreceiver.NewFactory(), otlphttpexporter.NewFactory()
	return otelcol.Factories{
		Receivers: map[component.Type]receiver.Factory{in.Type(): in},
		Exporters: map[component.Type]exporter.Factory{out.Type(): out},
		// Without metrics of its own: the test asks lossd alone.
		Telemetry: telemetry.NewFactory(func() component.Config { return &struct{}{} }),
	}, nil
}

func main() {
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Version: "test"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{DefaultScheme: "file",
			ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()}}},
	})
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}
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

    def test_every_double_arrives_to_the_bit(self):
        # The SDK itself passes over what is not finite.
        run_script(self, interpreter(*PACKAGES), EXACT, self.lossd.address, *exact_values.TEXTS)
        exact_values.check(self, self.lossd.scrape(), values=exact_values.FINITE)

    def run_node(self, *arguments):
        node, folder = node_modules(*NODE_PACKAGES)
        done = testing.run(node, self.write("client.js", NODE), self.lossd.address, *arguments, env={**os.environ, "NODE_PATH": str(folder / "node_modules")})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_node_sdk_in_protobuf(self):
        self.run_node("proto", "gzip", *exact_values.TEXTS)
        exact_values.check(self, self.lossd.scrape())

    def test_the_node_sdk_in_json(self):
        # Its JSON has null for what is not finite, from which no value can be had: the others must not suffer.
        self.run_node("http", "none", *exact_values.TEXTS)
        scrape = self.lossd.scrape()
        exact_values.check(self, scrape, values=exact_values.FINITE)
        self.assertEqual(len(scrape.series("training_loss")), len(exact_values.FINITE))

    def test_the_collector(self):
        if not os.environ.get("LOSSD_LARGE_CLIENTS"):
            raise unittest.SkipTest("a Collector takes minutes to be built: ./dev clients does")
        program = go_program(COLLECTOR, *COLLECTOR_MODULES, seconds=1800)
        python = interpreter(*PACKAGES)
        for encoding, compression in (("proto", "gzip"), ("json", "none"), ("proto", "snappy"), ("proto", "deflate")):
            with self.subTest(encoding=encoding, compression=compression):
                self.lossd = Lossd(self)
                address = f"127.0.0.1:{free_port()}"
                config = self.write("collector.yml", f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: '{address}'}}}}}}}}
exporters: {{otlp_http: {{endpoint: 'http://{self.lossd.address}', encoding: {encoding}, compression: {compression}}}}}
service:
  pipelines: {{metrics: {{receivers: [otlp], exporters: [otlp_http]}}}}
""")
                with open(self.folder / "collector.log", "wb") as log:
                    collector = self.start(program, f"--config=file:{config}", stdout=log, stderr=log)
                testing.wait_until(lambda: self.is_up(collector, address), "the Collector to listen", 120)
                run_script(self, python, EXACT, address, *exact_values.TEXTS)
                # Several at a time: the last may come before the others.
                page = self.lossd.wait_for(lambda page: len(page.series("training_loss")) == len(exact_values.FINITE), "every value")
                exact_values.check(self, page, values=exact_values.FINITE)
                testing.end(collector)

    def is_up(self, collector, address):
        self.assertIsNone(collector.poll(), (self.folder / "collector.log").read_text())
        try:
            urllib.request.urlopen(f"http://{address}/v1/metrics", timeout=5)
        except urllib.error.HTTPError:  # it takes POST alone
            return True
        return False

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
