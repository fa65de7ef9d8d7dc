"""Churn of jobs, files, rotations, clients and reloads: memory and descriptors stay flat, and at the end every sample is counted once.

A short form runs with the other tests; LOSSD_SOAK_MINUTES in the environment makes it as long as one likes (`./dev soak 30`).
"""

import http.client
import json
import os
import random
import signal
import socket
import statistics
import struct
import threading
import time

from support import testing
from support.lossd_daemon import Lossd

SECONDS = float(os.environ.get("LOSSD_SOAK_MINUTES", "0.3")) * 60
LOGS = 12  # that grow at the same time
MiB = 1 << 20

CONFIG = """
files:
  - path: {folder}/logs/*.log
follow: {{discovery_interval: 200ms, idle_interval: {idle}ms, close_after: 2s, rotated_silence: 3s}}
jobs: {{ttl: 10m, finished_ttl: 1s, trouble_ttl: 1s}}
storage: {{save_interval: 1s}}
"""


class Actor(threading.Thread):
    """Does something over and over until it is told to stop; what goes wrong is kept for the test."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak, self.random, self.error, self.count = soak, random.Random(number), None, 0

    def run(self):
        try:
            while not self.soak.stopping.is_set():
                self.turn()
        except Exception as error:  # told by the test
            self.error = error


class Log(Actor):
    """A job's log: it grows, is rotated now and then, is read to its end, and goes away."""

    def turn(self):
        name = f"run-{self.random.getrandbits(40):x}"
        path = self.soak.folder / "logs" / f"{name}.log"
        lines, rotated = self.random.randrange(50, 400), []
        for step in range(lines):
            with open(path, "a") as file:
                file.write(f"step {step} loss {3 - step / 1000 + self.random.uniform(-0.1, 0.1):.4f}\n")
            if self.random.random() < 0.01 and step + 1 < lines:
                self.soak.wait_for_file_samples(name, step + 1)  # a log that is not yet known cannot be missed
                rotated.append(f"{path}.{len(rotated) + 1}")
                os.rename(path, rotated[-1])
            time.sleep(self.random.uniform(0, 0.04))
        self.count += lines
        self.soak.wait_for_file_samples(name, lines)
        for old in (path, *rotated):
            os.unlink(old)
        if self.soak.lossd.request("DELETE", f"/api/v1/jobs/{name}").status != 204:
            raise AssertionError(f"{name} cannot be removed")


class Poster(Actor):
    """Posts samples of jobs that come and go, on a connection that is kept or on fresh ones."""

    def turn(self):
        kept = http.client.HTTPConnection(self.soak.lossd.address, timeout=60)
        job = f"post-{self.random.getrandbits(40):x}"
        for turn in range(self.random.randrange(5, 60)):
            client = kept if self.random.random() < 0.7 else http.client.HTTPConnection(self.soak.lossd.address, timeout=60)
            body = [{"training_job": job, "step": 10 * turn + i, "loss": self.random.uniform(1, 2),
                     "labels": {f"label_{self.random.randrange(8)}": "x" * self.random.randrange(1, 100)}} for i in range(10)]
            client.request("POST", "/api/v1/samples", json.dumps(body))
            answer = client.getresponse()
            if answer.status != 200 or json.loads(answer.read())["accepted"] != len(body):
                raise AssertionError(f"not accepted: {answer.status}")
            self.count += len(body)
            if client is not kept:
                client.close()
            time.sleep(self.random.uniform(0, 0.05))
        kept.request(*self.random.choice([("DELETE", f"/api/v1/jobs/{job}"), ("POST", f"/api/v1/jobs/{job}/finish")]))
        kept.getresponse().read()
        kept.close()


class Reader(Actor):
    """Scrapes, and looks at pages."""

    def turn(self):
        for path in ("/metrics", "/api/v1/jobs", "/", "/-/ready"):
            answer = self.soak.lossd.get(path, Accept_Encoding=self.random.choice(("gzip", "identity")))
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer.status}")
        self.count += 1
        time.sleep(self.random.uniform(0, 0.5))


class Breaker(Actor):
    """Clients that go away in the middle."""

    def turn(self):
        host, port = self.soak.lossd.address.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(self.random.choice(
                (b"", b"GET / HT", b"\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01 no TLS here",
                 b"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n[{")))
            time.sleep(self.random.uniform(0, 0.1))
            if self.random.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.count += 1


class Reloader(Actor):
    """Reads the configuration again, with something else in it each time; a broken one now and then."""

    def turn(self):
        broken = self.random.random() < 0.2
        self.soak.config.write_text("files: 7\n" if broken else self.soak.configuration(idle=self.random.randrange(50, 200)))
        self.soak.lossd.process.send_signal(signal.SIGHUP)
        self.count += 1
        time.sleep(self.random.uniform(0.2, 2))


class Soak(testing.TestCase):
    def configuration(self, idle=100):
        return CONFIG.format(folder=self.folder, idle=idle)

    def wait_for_file_samples(self, job, count):
        try:
            testing.wait_until(lambda: self.seen(job) == count, f"{count} samples of {job}", 240)
        except AssertionError as error:
            raise AssertionError(f"{error}; seen: {self.seen(job)}\n{self.lossd.log()[-3000:]}") from None

    def seen(self, job):
        answer = self.lossd.get(f"/api/v1/jobs/{job}")
        return sum(series["samples"] for series in answer.json["series"]) if answer.status == 200 else 0

    def test_nothing_grows_and_nothing_is_lost(self):
        (self.folder / "logs").mkdir()
        self.stopping = threading.Event()
        self.config = self.write("lossd.yml", self.configuration())
        self.lossd = Lossd(self, "--config.file", self.config, "--storage.path", self.folder / "state")
        actors = [kind(self, number) for number, kind in enumerate([Log] * LOGS + [Poster] * 6 + [Reader] * 2 + [Breaker] * 2 + [Reloader])]
        for actor in actors:
            actor.start()
        memory, descriptors = [], []
        begin = time.monotonic()
        while time.monotonic() - begin < SECONDS and not any(actor.error for actor in actors):
            time.sleep(0.5)
            memory.append(self.lossd.memory())
            descriptors.append(self.lossd.descriptors())
        self.stopping.set()
        for actor in actors:
            actor.join(300)
            if actor.error:
                raise actor.error
            self.assertFalse(actor.is_alive())

        def counted(kind):
            return sum(actor.count for actor in actors if isinstance(actor, kind))

        scrape = self.lossd.scrape()
        self.assertEqual(scrape.total("lossd_samples_total", source="file"), counted(Log))
        self.assertEqual(scrape.total("lossd_samples_total", source="http"), counted(Poster))
        self.assertEqual(scrape.total("lossd_samples_rejected_total"), 0)
        # The first quarter is where the pools and caches fill.
        quarter = len(memory) // 4
        early, late = memory[quarter:2 * quarter], memory[-quarter:]
        self.assertLess(statistics.median(late), 1.2 * statistics.median(early) + 4 * MiB)
        self.assertLess(statistics.median(descriptors[-quarter:]), 1.2 * statistics.median(descriptors[quarter:2 * quarter]) + 8)
        testing.wait_until(lambda: self.lossd.descriptors() <= 40, "the descriptors to be given back")
        self.lossd.wait_for(lambda scrape: scrape.value("lossd_jobs") == 0, "the jobs to expire", 120)
        self.assertEqual(self.lossd.stop(), 0)
        print(f"{time.monotonic() - begin:.0f} s: {counted(Log)} lines, {counted(Poster)} samples posted, {counted(Reader)} looks, "
              f"{counted(Breaker)} broken connections, {counted(Reloader)} reloads; memory {statistics.median(early) / MiB:.1f} -> "
              f"{statistics.median(late) / MiB:.1f} MiB, descriptors {statistics.median(descriptors[quarter:2 * quarter]):.0f} -> "
              f"{statistics.median(descriptors[-quarter:]):.0f}")


if __name__ == "__main__":
    testing.main()
