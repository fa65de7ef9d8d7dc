"""lossd writes to a real Prometheus that takes remote write 1.0, to one that takes 2.0, and to Prometheus' own receiver of both in Go."""

import http.server
import json
import os
import struct
import subprocess
import threading
import unittest
import urllib.parse
import urllib.request

from support import exact_values, testing
from support.go_programs import go_command, go_program
from support.lossd_daemon import Lossd
from support.ports import free_port

MODULES = ("github.com/prometheus/client_golang/exp@v0.0.0-20261019101427-217707f26b14",)
# Prints a line for each sample that it is sent, decoded by the protocol's own schema.
RECEIVER = """
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/exp/api/remote"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"google.golang.org/protobuf/proto"
)

type store struct{}

func (store) Store(request *http.Request, kind remote.WriteMessageType) (*remote.WriteResponse, error) {
	response := remote.NewWriteResponse()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return response, err
	}
	if kind != remote.WriteV2MessageType {
		fmt.Printf("{\\"message\\": %q}\\n", kind)
		return response, nil
	}
	var message writev2.Request
	if err := proto.Unmarshal(body, &message); err != nil {
		response.SetStatusCode(http.StatusBadRequest)
		return response, err
	}
	for _, series := range message.Timeseries {
		labels := map[string]string{}
		for i := 0; i < len(series.LabelsRefs); i += 2 {
			labels[message.Symbols[series.LabelsRefs[i]]] = message.Symbols[series.LabelsRefs[i+1]]
		}
		for _, sample := range series.Samples {
			line, _ := json.Marshal(map[string]any{"message": kind, "version": request.Header.Get("X-Prometheus-Remote-Write-Version"), "labels": labels,
				"bits": fmt.Sprintf("%016x", math.Float64bits(sample.Value)), "type": series.Metadata.Type.String()})
			fmt.Println(string(line))
			response.Samples++
		}
	}
	return response, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	accepted := remote.MessageTypes{}
	for _, kind := range os.Args[1:] {
		accepted = append(accepted, remote.WriteMessageType(kind))
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, remote.NewWriteHandler(store{}, accepted)))
}
"""


class Receiver:
    """A Prometheus that scrapes nothing and takes what is written; may be stopped and started again."""

    def __init__(self, test, program):
        self._test, self._program = test, program
        self._folder = test.folder / "receiver"
        self._folder.mkdir()
        (self._folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        self.address = f"127.0.0.1:{free_port()}"
        self.start()

    def start(self):
        with open(self._folder / "log", "ab") as log:
            self.process = self._test.start(
                self._program, f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address={self.address}",
                "--web.enable-remote-write-receiver", stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "GOMAXPROCS": "2"})
        testing.wait_until(self._ready, "Prometheus to be ready", 120)

    def stop(self):
        testing.end(self.process)

    def _ready(self):
        with urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5) as answer:
            return answer.status == 200

    def ask(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{query}", timeout=60) as answer:
            return json.load(answer)["data"]["result"]


class GoReceiver:
    """Prometheus' own handler of remote write, which takes the kinds of messages that are named."""

    def __init__(self, test, *kinds):
        self.lines = test.folder / "received"
        with open(self.lines, "wb") as out, open(test.folder / "receiver.log", "wb") as log:
            self.process = test.start(go_program(RECEIVER, *MODULES), *kinds, stdout=out, stderr=log)
        self.address = testing.wait_until(lambda: self.lines.read_text().rpartition("\n")[0], "the receiver to listen").partition("\n")[0]

    def samples(self):
        lines = self.lines.read_text().split("\n")[1:-1]  # the last may be there in part
        return [json.loads(line) for line in lines]

    def bits(self, name, **labels):
        """Of all samples of that series, in order."""
        return [sample["bits"] for sample in self.samples() if "labels" in sample and {"__name__": name, **labels}.items() <= sample["labels"].items()]


class ScriptedReceiver:
    """Answers each request by its Content-Type as it is told, and keeps what came."""

    def __init__(self, test, answer):
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                is_2 = "proto=io.prometheus.write.v2.Request" in handler.headers["Content-Type"]
                self.requests.append((2 if is_2 else 1, handler.headers["X-Prometheus-Remote-Write-Version"], body))
                status, headers = answer(is_2, len(self.requests))
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name, value)
                handler.end_headers()

            def log_message(handler, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.address = f"127.0.0.1:{server.server_address[1]}"

    def versions(self):
        return [version for version, _, _ in self.requests]


WRITTEN = {"X-Prometheus-Remote-Write-Samples-Written": "1"}


class Writing(testing.TestCase):
    def lossd(self, receiver, more=""):
        config = self.write("lossd.yml", "external_labels: {cluster: west}\nremote_write:\n"
                            f"  - url: http://{receiver.address}/api/v1/write\n    interval: 1s\n    min_backoff: 100ms\n"
                            f"    max_backoff: 1s\n    labels: {{instance: login-1}}\n{more}")
        return Lossd(self, "--config.file", config)


class ToPrometheus:
    """What holds of a real one, whatever it takes."""

    def test_values_arrive_and_end_with_the_process(self):
        receiver = Receiver(self, self.program())
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 7, "loss": 0.30000000000000004})
        found = testing.wait_until(lambda: receiver.ask('training_loss{training_job="written"}'), "the loss")
        self.assertEqual(float(found[0]["value"][1]), 0.30000000000000004)
        labels = found[0]["metric"]
        self.assertEqual((labels["instance"], labels["job"], labels["cluster"], labels["loss"]), ("login-1", "lossd", "west", "train"))
        self.assertEqual(lossd.stop(), 0)
        self.assertEqual(receiver.ask('training_loss{training_job="written"}'), [], "stale at once, not five minutes later")
        self.assertGreaterEqual(len(receiver.ask('training_loss{training_job="written"}[5m]')[0]["values"]), 1)

    def test_every_double_arrives_to_the_bit(self):
        receiver = Receiver(self, self.program())
        lossd = self.lossd(receiver)
        for i, value in enumerate(exact_values.VALUES):
            lossd.post({"training_job": f"exact-{i}", "loss": "NaN" if value != value else str(value)})
        jobs = range(len(exact_values.VALUES))
        testing.wait_until(lambda: len(receiver.ask("training_loss")) == len(jobs), "every loss")
        got = [receiver.ask(f'training_loss{{training_job="exact-{i}"}}')[0]["value"][1] for i in jobs]
        self.assertEqual([exact_values.bits(float(text)) for text in got], [exact_values.bits(value) for value in exact_values.VALUES])

    def test_an_outage_loses_nothing(self):
        receiver = Receiver(self, self.program())
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        testing.wait_until(lambda: receiver.ask('training_step == 0'), "the first value")
        receiver.stop()
        lossd.post({"training_job": "written", "step": 1, "loss": 1})
        lossd.wait_for(lambda page: (page.value("lossd_remote_write_retries_total") or 0) > 0, "a retry")
        lossd.wait_for_log("remote write fails")
        pending = lossd.scrape().value("lossd_remote_write_pending_samples")
        lossd.wait_for(lambda page: page.value("lossd_remote_write_pending_samples") > pending, "what is queued to grow")
        lossd.post({"training_job": "written", "step": 2, "loss": 1})
        receiver.start()
        testing.wait_until(lambda: receiver.ask('training_step == 2'), "the value behind the outage", 120)
        steps = [int(value) for _, value in receiver.ask('training_step{training_job="written"}[10m]')[0]["values"]]
        self.assertEqual(sorted(set(steps)), [0, 1, 2])
        self.assertEqual(lossd.scrape().value("lossd_remote_write_dropped_samples_total", reason="overflow"), 0)

    def test_a_job_that_is_removed_becomes_stale(self):
        receiver = Receiver(self, self.program())
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        testing.wait_until(lambda: receiver.ask('training_loss'), "the loss")
        self.assertEqual(lossd.request("DELETE", "/api/v1/jobs/written").status, 204)
        testing.wait_until(lambda: not receiver.ask('training_loss'), "the series to end")


class ToPrometheus2(ToPrometheus, Writing):
    def program(self):
        return testing.find_program("prometheus")

    def test_it_is_written_to_in_1_0(self):
        lossd = self.lossd(Receiver(self, self.program()))
        lossd.wait_for_log("remote write speaks 1.0 from now on")


class ToPrometheus3(ToPrometheus, Writing):
    def program(self):
        if not os.environ.get("LOSSD_LARGE_CLIENTS"):
            raise unittest.SkipTest("Prometheus 3 takes minutes to be built: ./dev clients does")
        return go_command("github.com/prometheus/prometheus/cmd/prometheus", "v0.316.0", tags="remove_all_sd")

    def test_it_is_written_to_in_2_0(self):
        receiver = Receiver(self, self.program())
        lossd = self.lossd(receiver)
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        testing.wait_until(lambda: receiver.ask("training_loss"), "the loss")
        self.assertNotIn("remote write speaks 1.0", lossd.log())


class ToOtherReceivers(Writing):
    def test_2_0_where_the_receiver_takes_it(self):
        receiver = GoReceiver(self, "io.prometheus.write.v2.Request", "prometheus.WriteRequest")
        lossd = self.lossd(receiver)
        for i, value in enumerate(exact_values.VALUES):
            lossd.post({"training_job": f"exact-{i}", "loss": "NaN" if value != value else str(value)})
        jobs = range(len(exact_values.VALUES))
        testing.wait_until(lambda: all(receiver.bits("training_loss", training_job=f"exact-{i}") for i in jobs), "every loss")
        as_double = lambda text: exact_values.bits(struct.unpack(">d", bytes.fromhex(text))[0])
        got = [as_double(receiver.bits("training_loss", training_job=f"exact-{i}")[0]) for i in jobs]
        self.assertEqual(got, [exact_values.bits(value) for value in exact_values.VALUES])
        self.assertEqual({sample["message"] for sample in receiver.samples()}, {"io.prometheus.write.v2.Request"})
        self.assertEqual({sample["version"] for sample in receiver.samples()}, {"2.0.0"})
        # One page is written in several requests, of which the first may be all that has come.
        of = lambda name: testing.wait_until(lambda: [each for each in receiver.samples() if each["labels"]["__name__"] == name], name)[0]
        self.assertEqual(of("training_loss")["type"], "METRIC_TYPE_GAUGE")
        self.assertEqual(of("training_loss_samples_total")["type"], "METRIC_TYPE_COUNTER")
        labels = of("training_loss")["labels"]
        self.assertEqual((labels["instance"], labels["job"], labels["cluster"], labels["loss"]), ("login-1", "lossd", "west", "train"))
        self.assertEqual(lossd.stop(), 0)
        self.assertEqual(receiver.bits("training_loss", training_job="exact-0")[-1], "7ff0000000000002", "stale at the end")

    def test_1_0_where_the_receiver_takes_no_other(self):
        receiver = GoReceiver(self, "prometheus.WriteRequest")
        lossd = self.lossd(receiver)
        testing.wait_until(receiver.samples, "a request")
        lossd.wait_for_log("remote write speaks 1.0 from now on")
        lossd.wait_for_log("status 415")
        self.assertEqual(lossd.scrape().value("lossd_remote_write_dropped_samples_total", reason="refused"), 0)

    def test_what_a_receiver_of_1_0_alone_would_have_missed_is_sent_again(self):
        # It finds nothing that it knows in a body of 2.0, and says that all is well.
        for answer in ((204, {}), (400, {}), (415, {})):
            with self.subTest(answer=answer):
                receiver = ScriptedReceiver(self, lambda is_2, _: answer if is_2 else (204, {}))
                lossd = self.lossd(receiver)
                testing.wait_until(lambda: len(receiver.requests) >= 3, "three requests")
                self.assertEqual(receiver.versions()[:3], [2, 1, 1])
                self.assertEqual(lossd.scrape().value("lossd_remote_write_dropped_samples_total", reason="refused"), 0)
                lossd.stop()

    def test_an_outage_is_no_reason_for_1_0(self):
        receiver = ScriptedReceiver(self, lambda is_2, count: (503, {}) if count <= 2 else (204, WRITTEN))
        self.lossd(receiver)
        testing.wait_until(lambda: len(receiver.requests) >= 4, "four requests")
        self.assertEqual(set(receiver.versions()), {2})

    def test_what_a_receiver_of_2_0_refuses_in_part_is_counted(self):
        receiver = ScriptedReceiver(self, lambda is_2, count: (204, WRITTEN) if count == 1 else (400, WRITTEN))
        lossd = self.lossd(receiver)
        lossd.wait_for(lambda page: page.value("lossd_remote_write_dropped_samples_total", reason="refused") > 0, "refused samples")
        self.assertEqual(set(receiver.versions()), {2})

    def test_a_full_queue_drops_the_oldest_and_counts_them(self):
        class Nobody:
            address = f"127.0.0.1:{free_port()}"
        lossd = self.lossd(Nobody, "    capacity: 1000\n")
        lossd.post({"training_job": "written", "step": 0, "loss": 1})
        lossd.wait_for(lambda page: (page.value("lossd_remote_write_dropped_samples_total", reason="overflow") or 0) > 0, "drops", 120)
        self.assertLessEqual(lossd.scrape().value("lossd_remote_write_pending_samples"), 1000)
        self.assertEqual(lossd.stop(), 0)


if __name__ == "__main__":
    testing.main()
