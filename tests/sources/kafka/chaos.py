"""Replicas of one consumer group are killed, stopped, frozen and started, and the broker with them, while samples come; at the end every
tracker is that of one process which read everything in order.

    chaos.py [--events N] [--samples N] [--jobs N] [--partitions N] [--replicas N] [--seed N]
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from support import testing  # noqa: E402
from support.kafka_broker import KafkaBroker  # noqa: E402
from support.lossd_daemon import listening_address  # noqa: E402

TOPIC, GROUP = "samples", "fleet"
SESSION_SECONDS = 3
SAMPLES = re.compile(r'^training_loss_samples_total\{training_job="([^"]+)".*\} (\d+)$', re.MULTILINE)


def loss(job, step):
    """A curve for each job, with spikes, plateaus and a NaN now and then."""
    curve = random.Random(f"{job}/{step}")
    value = 0.5 + 3 / (1 + step / (50 + job)) + curve.gauss(0, 0.02)
    if step % 997 == job % 997:
        return "nan"
    return value * 4 if step % 511 < 3 and job % 3 == 0 else value


class Replica:
    def __init__(self, folder, name, broker, group=GROUP, static=True):
        self.name, self.folder = name, folder
        self.config = folder / f"{name}.yml"
        instance = f"  group_instance_id: {name}\n" if static else ""
        self.config.write_text(f"kafka:\n  brokers: ['{broker.address}']\n  topics: [{TOPIC}]\n  group: {group}\n  session_timeout: {SESSION_SECONDS}s\n{instance}"
                               "  changelog: {commit_interval: 500ms}\n")
        self.process, self.address, self.frozen = None, None, False

    def start(self):
        log = self.folder / f"{self.name}.log"
        with open(log, "ab") as out:
            begin = out.tell()
            self.process = subprocess.Popen([testing.LOSSD, "serve", "--web.listen-address", "127.0.0.1:0", "--config.file", str(self.config)],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.frozen = False

        def listening():
            with open(log, "rb") as file:
                file.seek(begin)
                return listening_address(file.read().decode(errors="replace"))

        self.address = testing.wait_until(listening, f"{self.name} to listen")

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def page(self, timeout=2):
        return urllib.request.urlopen(f"http://{self.address}/metrics", timeout=timeout).read().decode()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
        self.frozen = False

    def kill(self):
        if self.alive:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Asks it to end; True where it did so well."""
        if not self.alive:
            return True
        if self.frozen:
            self.thaw()
        self.process.terminate()
        try:
            return self.process.wait(30) == 0
        except subprocess.TimeoutExpired:
            self.kill()
            return False


class Watch(threading.Thread):
    """What a Prometheus would see: which replica has which job, twice a second, and for how long none or two of them do."""

    INTERVAL = 0.5

    def __init__(self, replicas, jobs):
        super().__init__(daemon=True)
        self.replicas, self.ended = replicas, threading.Event()
        self.absent, self.doubled = dict.fromkeys(jobs, 0.0), dict.fromkeys(jobs, 0.0)
        self.longest_absence = self.longest_doubling = 0.0
        self.seen, self.doubled_jobs = set(), set()
        self.backwards = []
        self.went_back = 0

    def run(self):
        last, counts = time.monotonic(), {}
        while not self.ended.wait(self.INTERVAL):
            owners = {}
            for replica in list(self.replicas):
                if not replica.alive or replica.frozen:
                    continue
                try:
                    page = replica.page(0.5)
                except OSError:
                    continue
                for job, count in SAMPLES.findall(page):
                    owners.setdefault(job, []).append(int(count))
            now = time.monotonic()
            passed, last = now - last, now
            self.seen |= owners.keys()
            for job in self.seen:
                found = len(owners.get(job, ()))
                self.absent[job] = self.absent[job] + passed if found == 0 else 0.0
                self.doubled[job] = self.doubled[job] + passed if found > 1 else 0.0
                if found > 1:
                    self.doubled_jobs.add(job)
                self.longest_absence = max(self.longest_absence, self.absent[job])
                self.longest_doubling = max(self.longest_doubling, self.doubled[job])
                if found == 1:
                    if owners[job][0] < counts.get(job, 0):
                        self.went_back += 1
                    counts[job] = owners[job][0]


class Writer(threading.Thread):
    """Sends the samples, spread over the time that `rate` gives them."""

    def __init__(self, broker, jobs, samples, rate):
        super().__init__(daemon=True)
        self.broker, self.jobs, self.samples, self.rate = broker, jobs, samples, rate
        self.sent = 0
        self.failed = []

    def run(self):
        producer = self.broker.producer(enable_idempotence=True, message_timeout_ms=300000)
        begun = time.monotonic()

        def stored(error, _):
            if error:
                self.failed.append(str(error))

        steps = self.samples // len(self.jobs)
        for step in range(steps):
            for number, job in enumerate(self.jobs):
                if number % 20 == 19:  # a log of lines beside the samples
                    value = loss(number, step)
                    producer.produce(TOPIC, f"step {step} | loss: {value if value == 'nan' else format(value, '.6f')} | lr 1e-4", job, on_delivery=stored)
                else:
                    producer.produce(TOPIC, json.dumps({"training_job": job, "step": step, "loss": loss(number, step)}), job, on_delivery=stored)
                self.sent += 1
            producer.poll(0)
            ahead = self.sent / self.rate - (time.monotonic() - begun)
            while ahead > 0 or len(producer) > 500000:
                producer.poll(min(max(ahead, 0.01), 0.2))
                ahead = self.sent / self.rate - (time.monotonic() - begun)
        left = producer.flush(300)
        if left:
            self.failed.append(f"{left} not stored")


def states(broker, partitions, group):
    """The trackers in a group's changelog, by job, as the program prints them."""
    parts = {}
    for _, _, key, value in broker.read(f"{group}-lossd-state", partitions):
        topic, job, part = key.split(b"\0")
        if value is None:
            parts.get(job, {}).pop(int(part), None)
            continue
        parts.setdefault(job, {})[int(part)] = value
    with tempfile.NamedTemporaryFile(suffix=".trackers") as file:
        for job in sorted(parts):
            body = b""
            for part in sorted(parts[job]):
                version, _, size = struct.unpack_from("<QQQ", parts[job][part])
                body += parts[job][part][24:24 + size]
            if not body:
                continue
            size = struct.unpack_from("<Q", body, 8)[0]
            file.write(struct.pack("<Q", size) + body[16:16 + size])
        file.flush()
        done = testing.run(testing.BIN / "saved_trackers", "--jobs", file.name, check=True)
    return done.stdout


class Chaos:
    def __init__(self, folder, options):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.broker = KafkaBroker(folder)
        self.broker.make_topic(TOPIC, options.partitions)
        self.jobs = [f"run-{number:03}" for number in range(options.jobs)]
        self.replicas = [Replica(folder, f"r{number}", self.broker, static=number % 2 == 0) for number in range(options.replicas)]
        self.events = {}
        self.kinds = []  # of the events to come: each comes as often as it stands here

    def say(self, text):
        if self.options.verbose:
            print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def happen(self):
        if not self.kinds:
            self.kinds = ["kill", "kill", "join", "stop", "join", "freeze", "broker"]
            self.random.shuffle(self.kinds)
        kind = self.kinds.pop()
        running = [replica for replica in self.replicas if replica.alive]
        away = [replica for replica in self.replicas if not replica.alive]
        if kind == "join" and not away:
            kind = "kill"
        if kind in ("kill", "stop", "freeze") and len(running) < 2:
            kind = "join"
        self.events[kind] = self.events.get(kind, 0) + 1
        if kind == "broker":
            self.say("the broker is restarted")
            (self.broker.kill if self.random.random() < 0.5 else self.broker.stop)()
            time.sleep(self.random.uniform(0, 2))
            self.broker.start()
            return
        replica = self.random.choice(away if kind == "join" else running)
        self.say(f"{kind} {replica.name}")
        if kind == "kill":
            replica.kill()
        elif kind == "stop" and not replica.stop():
            raise AssertionError(f"{replica.name} did not end well: {(self.folder / (replica.name + '.log')).read_text()[-3000:]}")
        elif kind == "freeze":
            replica.freeze()
            time.sleep(SESSION_SECONDS + self.random.uniform(1, 3))
            replica.thaw()
        elif kind == "join":
            replica.start()

    def settle(self):
        """All are started, and everything is read."""
        for replica in self.replicas:
            if not replica.alive:
                replica.start()

        def settled():
            offsets = self.broker.committed(GROUP, TOPIC, self.options.partitions)
            return sum(max(offset, 0) for offset in offsets) == self.writer.sent

        testing.wait_until(settled, f"{self.writer.sent} records to be committed", 300)

    def reference(self):
        """One process reads everything in order."""
        one = Replica(self.folder, "reference", self.broker, group="reference")
        one.start()
        try:
            testing.wait_until(lambda: sum(self.broker.committed("reference", TOPIC, self.options.partitions)) == self.writer.sent,
                               "the reference to have read everything", 600)
        finally:
            one.stop()
        return states(self.broker, self.options.partitions, "reference")

    def run(self):
        options = self.options
        for replica in self.replicas:
            replica.start()
        watch = Watch(self.replicas, self.jobs)
        self.writer = Writer(self.broker, self.jobs, options.samples, options.rate)
        self.writer.start()
        watch.start()
        try:
            for _ in range(options.events):
                time.sleep(self.random.uniform(0.3, options.pause))
                self.happen()
            self.writer.join()
            if self.writer.failed:
                raise AssertionError(f"the writer lost records: {self.writer.failed[:3]}")
            self.settle()
            time.sleep(2)
        finally:
            watch.ended.set()
            watch.join()
        for replica in self.replicas:
            if not replica.stop():
                raise AssertionError(f"{replica.name} did not end well")
        found, wanted = states(self.broker, options.partitions, GROUP).splitlines(), self.reference().splitlines()
        differing = [(one, other) for one, other in zip(found, wanted) if one != other]
        aborted = sum((self.folder / f"{replica.name}.log").read_text().count("a transaction was aborted") for replica in self.replicas)
        return {"events": self.events, "samples": self.writer.sent, "jobs": len(self.jobs), "lines": len(found), "wanted_lines": len(wanted),
                "differing": len(differing), "first_difference": [text[:300] for text in differing[0]] if differing else None,
                "longest_absence_seconds": round(watch.longest_absence, 1), "longest_doubling_seconds": round(watch.longest_doubling, 1),
                "jobs_seen_double": len(watch.doubled_jobs), "counts_that_went_back": watch.went_back, "aborted_transactions": aborted}

    def end(self):
        for replica in self.replicas:
            replica.kill()
        self.broker.kill()


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--rate", type=float, default=8000, help="samples a second")
    parser.add_argument("--pause", type=float, default=6, help="the most seconds between two events")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    parser.add_argument("--quiet", dest="verbose", action="store_false")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-chaos-"))
    print(f"seed {options.seed}, logs in {folder}", flush=True)
    chaos = Chaos(folder, options)
    try:
        result = chaos.run()
    finally:
        chaos.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["differing"] == 0 and result["lines"] == result["wanted_lines"] else 1)


if __name__ == "__main__":
    main()
