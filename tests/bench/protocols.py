"""Samples through each way in: how many a second, how much CPU each, and that none is lost or counted twice.

usage: protocols.py BIN_DIR [SAMPLES]   (1000000)

What carries many samples a request is compared with native JSON, a thousand lines a request; what carries one, with native JSON, one a request:
a way in that is slower than a tenth of its measure makes the run fail. Requests are pipelined on one connection, so that it is lossd that is
measured. Files lie there whole when lossd begins; its start is counted in.
"""

import json
import os
import pathlib
import socket
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
AHEAD = 64  # requests on their way at once
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


def mlflow_one(steps):
    return json.dumps({"run_id": RUN, "key": "loss", "value": loss(steps[0]), "step": steps[0], "timestamp": 0}).encode()


def push(steps):
    return f"# TYPE loss gauge\nloss {loss(steps[0])!r}\n# TYPE step gauge\nstep {steps[0]}\n".encode()


def push_delimited(steps):
    def family(name, value):
        message = field(1, name) + b"\x18\x01" + field(4, field(2, b"\x09" + struct.pack("<d", value)))
        return varint(len(message)) + message
    return family(b"loss", loss(steps[0])) + family(b"step", steps[0])


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


CASTAGNOLI = []
for number in range(256):
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
    CASTAGNOLI.append(number)


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CASTAGNOLI[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def event_file(path, count):
    """As TensorBoard's writers lay it out, one scalar a record."""
    heads = {}
    with open(path, "wb") as out:
        def add(event):
            size = struct.pack("<Q", len(event))
            if size not in heads:
                heads[size] = size + masked_crc(size)
            out.write(heads[size] + event + masked_crc(event))
        add(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
        for step in range(count):
            add(b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + varint(step) + field(5, field(1, field(1, b"train/loss") + b"\x15" + struct.pack("<f", loss(step)))))


def log_file(path, count):
    with open(path, "w") as out:
        for step in range(count):
            out.write(f"step {step} loss {loss(step)!r}\n")


def cpu(lossd):
    fields = pathlib.Path(f"/proc/{lossd.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Connection:
    """Sends requests one behind the other, some ahead of their answers."""

    def __init__(self, address):
        self.socket = socket.create_connection(address.split(":"), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, requests):
        """The statuses of the answers."""
        self.socket.sendall(b"".join(requests))
        return [self.answer() for _ in requests]

    def answer(self):
        while (end := self.rest.find(b"\r\n\r\n")) < 0:
            self.fill()
        head = self.rest[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        while len(self.rest) < end + 4 + length:
            self.fill()
        self.rest = self.rest[end + 4 + length:]
        return int(head[9:12])

    def fill(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("lossd ended the connection")
        self.rest += piece


class Bench(testing.TestCase):
    def runTest(self):
        print(f"{'way in':26} {'a request':>9} {'samples':>9} {'samples/s':>11} {'CPU us each':>12} {'of native':>10}")
        self.measures, self.slow = {}, []
        post, job = "POST", "/api/v1/samples"
        plain, binary = "application/json", "application/x-protobuf"
        trainjob = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/n/trainjobs/job/status"
        delimited = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        for name, method, path, kind, body, batch in (
                ("native JSON", post, job, "application/x-ndjson", ndjson, BATCH),
                ("OTLP, protobuf", post, "/v1/metrics", binary, otlp_protobuf, BATCH),
                ("OTLP, JSON", post, "/v1/metrics", plain, otlp_json, BATCH),
                ("MLflow, log-batch", post, "/api/2.0/mlflow/runs/log-batch", plain, mlflow, BATCH),
                ("native JSON", post, job, plain, ndjson, 1),
                ("OTLP, protobuf", post, "/v1/metrics", binary, otlp_protobuf, 1),
                ("MLflow, log-metric", post, "/api/2.0/mlflow/runs/log-metric", plain, mlflow_one, 1),
                ("Pushgateway, text", "PUT", "/metrics/job/job", "text/plain; version=0.0.4", push, 1),
                ("Pushgateway, protobuf", "PUT", "/metrics/job/job", delimited, push_delimited, 1),
                ("TrainJob status", post, trainjob, plain, status, 1)):
            self.measure_requests(name, method, path, kind, body, batch)
        for name, file, write in (("text log", "job.log", log_file), ("TensorBoard event file", "job/events.out.tfevents.1.host", event_file),
                                  ("W&B run file", "run-id.wandb", run_file)):
            path = self.folder / file
            path.parent.mkdir(exist_ok=True)
            write(path, COUNT)
            begin = time.monotonic()
            lossd = Lossd(self, path)
            lossd.wait_for_samples("job", COUNT, seconds=600)
            self.show(name, lossd, 0, time.monotonic() - begin, 0)
        self.assertEqual(self.slow, [], "slower than a tenth of native JSON")

    def measure_requests(self, name, method, path, kind, make, batch):
        global RUN
        lossd = Lossd(self)
        if make in (mlflow, mlflow_one):
            answer = lossd.request("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "run_name": "job"})
            RUN = answer.json["run"]["info"]["run_id"]
        connection = Connection(lossd.address)
        ahead = AHEAD if batch == 1 else 1

        def request(first):
            body = make(range(first, min(first + batch, COUNT)))
            return f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        spent, before = 0.0, cpu(lossd)
        for first in range(0, COUNT, batch * ahead):
            requests = [request(each) for each in range(first, min(first + batch * ahead, COUNT), batch)]
            begin = time.monotonic()
            statuses = connection.ask(requests)
            spent += time.monotonic() - begin
            self.assertEqual(set(statuses) - {200, 202}, set(), name)
        connection.socket.close()
        self.show(name, lossd, batch, spent, before)

    def show(self, name, lossd, batch, seconds, before):
        used = cpu(lossd) - before
        taken = lossd.scrape().value("training_loss_samples_total", training_job="job", loss="train")
        self.assertEqual(taken, COUNT, f"{name}: lost or counted twice")
        measure = self.measures.setdefault(max(batch, 1) if batch else BATCH, used)
        share = measure / used
        if share < 0.1:
            self.slow.append(name)
        print(f"{name:26} {batch or '-':>9} {COUNT:9} {COUNT / seconds:11.0f} {used / COUNT * 1e6:12.2f} {share:9.2f}x", flush=True)
        testing.end(lossd.process)


if __name__ == "__main__":
    bench = Bench()
    result = __import__("unittest").TextTestRunner(verbosity=0).run(bench)
    sys.exit(not result.wasSuccessful())
