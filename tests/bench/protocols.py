"""Samples through each way in: how many a second, how much CPU each, and that none is lost or counted twice.

usage: protocols.py BIN_DIR [SAMPLES]   (1000000; pushes and statuses are a request each, a tenth of them is sent)
"""

import http.client
import json
import os
import pathlib
import struct
import sys
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
os.environ["LOSSD_BIN_DIR"] = sys.argv[1]

from support import testing  # noqa: E402
from support.lossd_daemon import Lossd  # noqa: E402

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
BATCH = 1000
TICKS = os.sysconf("SC_CLK_TCK")


def loss(step):
    return 2.0 / (1 + step / 1e5) + (step * 2654435761 % 1000) / 1e4


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def ndjson(steps):
    return "\n".join(json.dumps({"training_job": "job", "step": step, "loss": loss(step)}) for step in steps).encode()


def otlp_protobuf(steps):
    points = b"".join(field(1, b"\x21" + struct.pack("<d", loss(step)) +
                            field(7, field(1, b"step") + field(2, b"\x18" + varint(step)))) for step in steps)
    resource = field(1, field(1, field(1, b"service.name") + field(2, field(1, b"job"))))
    return field(1, resource + field(2, field(2, field(1, b"train.loss") + field(5, points))))


def otlp_json(steps):
    points = [{"asDouble": loss(step), "attributes": [{"key": "step", "value": {"intValue": str(step)}}]} for step in steps]
    return json.dumps({"resourceMetrics": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "job"}}]},
        "scopeMetrics": [{"metrics": [{"name": "train.loss", "gauge": {"dataPoints": points}}]}]}]}).encode()


def mlflow(steps):
    return json.dumps({"run_id": RUN, "metrics": [{"key": "loss", "value": loss(step), "step": step, "timestamp": 0} for step in steps]}).encode()


def push(steps):
    return f"# TYPE loss gauge\nloss {loss(steps[0])!r}\n# TYPE step gauge\nstep {steps[0]}\n".encode()


def status(steps):
    metrics = [{"name": "loss", "value": repr(loss(steps[0]))}, {"name": "step", "value": str(steps[0])}]
    return json.dumps({"trainerStatus": {"progressPercentage": 1, "metrics": metrics}}).encode()


def run_file(path, count):
    """As W&B lays it out, one row a record."""
    with open(path, "wb") as out:
        out.write(b":W&B\xe1\xbe\x00")
        at = 7

        def add(message):
            nonlocal at
            first = True
            while True:
                left = 32768 - at % 32768
                if left < 7:
                    out.write(b"\0" * left)
                    at += left
                    left = 32768
                part, message = message[:left - 7], message[left - 7:]
                kind = bytes([(1 if not message else 2) if first else (4 if not message else 3)])
                out.write(struct.pack("<IH", zlib.crc32(kind + part), len(part)) + kind + part)
                at += 7 + len(part)
                first = False
                if not message:
                    return
        add(field(17, field(1, b"id") + field(8, b"job")))
        for step in range(count):
            item = lambda key, value: field(1, field(2, key) + field(16, value))
            add(field(2, item(b"loss", repr(loss(step)).encode()) + item(b"_step", str(step).encode()) +
                      item(b"_timestamp", b"1.7e9") + item(b"_runtime", b"1.5")))


def cpu(lossd):
    fields = pathlib.Path(f"/proc/{lossd.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Bench(testing.TestCase):
    def runTest(self):
        print(f"{'way in':22} {'samples':>9} {'samples/s':>11} {'CPU us each':>12}")
        post = "POST"
        for name, method, path, kind, body, batch, count in (
                ("native NDJSON", post, "/api/v1/samples", "application/x-ndjson", ndjson, BATCH, COUNT),
                ("OTLP protobuf", post, "/v1/metrics", "application/x-protobuf", otlp_protobuf, BATCH, COUNT),
                ("OTLP JSON", post, "/v1/metrics", "application/json", otlp_json, BATCH, COUNT),
                ("MLflow log-batch", post, "/api/2.0/mlflow/runs/log-batch", "application/json", mlflow, BATCH, COUNT),
                ("native, one a request", post, "/api/v1/samples", "application/json", ndjson, 1, COUNT // 10),
                ("Pushgateway", "PUT", "/metrics/job/job", "text/plain; version=0.0.4", push, 1, COUNT // 10),
                ("TrainJob status", post, "/apis/trainer.kubeflow.org/v1alpha1/namespaces/n/trainjobs/job/status", "application/json",
                 status, 1, COUNT // 10)):
            self.measure_requests(name, method, path, kind, body, batch, count)
        path = self.folder / "run-id.wandb"
        run_file(path, COUNT)
        begin = time.monotonic()
        lossd = Lossd(self, path)
        lossd.wait_for_samples("job", COUNT, seconds=600)
        self.show("W&B run file", lossd, COUNT, time.monotonic() - begin, 0)

    def measure_requests(self, name, method, path, kind, make, batch, count):
        global RUN
        lossd = Lossd(self)
        connection = http.client.HTTPConnection(lossd.address)
        if make is mlflow:
            answer = lossd.request("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "run_name": "job"})
            RUN = answer.json["run"]["info"]["run_id"]
        spent = 0.0
        before = cpu(lossd)
        for first in range(0, count, batch):
            body = make(range(first, min(first + batch, count)))
            begin = time.monotonic()
            connection.request(method, path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            spent += time.monotonic() - begin
            self.assertEqual(answer.status, 200, name)
        self.show(name, lossd, count, spent, before)

    def show(self, name, lossd, count, seconds, before):
        used = cpu(lossd) - before
        taken = lossd.scrape().value("training_loss_samples_total", training_job="job", loss="train")
        self.assertEqual(taken, count, f"{name}: lost or counted twice")
        print(f"{name:22} {count:9} {count / seconds:11.0f} {used / count * 1e6:12.2f}", flush=True)
        testing.end(lossd.process)


if __name__ == "__main__":
    bench = Bench()
    result = __import__("unittest").TextTestRunner(verbosity=0).run(bench)
    sys.exit(not result.wasSuccessful())
