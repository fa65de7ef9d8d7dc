"""What fetching from Kafka costs: samples a second of one replica on one core, of two on two, the share of the transactional state,
and the restoring of 10,000 jobs.

    kafka.py BIN_DIR [--samples N] [--jobs N] [--restored N]

The samples are written in a transaction that is committed only when the replicas have shared the partitions: what is measured is the
reading, with the broker and the writer idle but for the fetches, and neither a start nor a rebalance. Rates are by CPU time of the replicas as
well, for machines that others use.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import testing  # noqa: E402
from support.kafka_broker import KafkaBroker  # noqa: E402
from support.lossd_daemon import Scrape, listening_address  # noqa: E402

PARTITIONS = 4


class Replica:
    def __init__(self, folder, binary, broker, topic, group, core, commit="5s"):
        config = folder / f"{group}-{core}.yml"
        config.write_text(f"kafka:\n  brokers: ['{broker.address}']\n  topics: [{topic}]\n  group: {group}\n  group_instance_id: r{core}\n"
                          f"  changelog: {{commit_interval: {commit}}}\njobs: {{max_jobs: 100000}}\nhistory: {{points: 0}}\n"
                          "metrics: {exclude: ['(loss|training)_.*']}\n")  # asked all the time here, and no part of what is measured
        self.log = folder / f"{group}-{core}-{time.monotonic_ns()}.log"
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(["taskset", "-c", str(core), binary, "serve", "--web.listen-address", "127.0.0.1:0", "--config.file", str(config)],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.address = testing.wait_until(lambda: listening_address(self.log.read_text()), "lossd to listen")

    def value(self, name):
        page = urllib.request.urlopen(f"http://{self.address}/metrics", timeout=60).read().decode()
        own = "\n".join(line for line in page.splitlines() if line.startswith(name))
        return sum(sample.value for sample in Scrape(own + "\n").samples) if own else 0.0

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def fill(broker, topic, samples, jobs, per_record):
    """Writes the samples, and returns what makes them visible, all at once."""
    producer = broker.producer(linger_ms=100, compression_type="lz4", batch_size=1000000, transactional_id=topic, transaction_timeout_ms=600000)
    producer.init_transactions(60)
    producer.begin_transaction()
    for first in range(0, samples // jobs, per_record):
        for job in range(jobs):
            lines = [json.dumps({"training_job": f"run-{job}", "step": step, "loss": 2.5 + (step * 7919 + job) % 1000 / 5000})
                     for step in range(first, first + per_record)]
            producer.produce(topic, "\n".join(lines), f"run-{job}")
            producer.poll(0)
            while len(producer) > 80000:
                producer.poll(0.05)
    if producer.flush(120):
        raise SystemExit("the broker does not take the samples")
    return lambda: producer.commit_transaction(60)


def wait_until_shared(replicas):
    each = PARTITIONS // len(replicas)
    testing.wait_until(lambda: all(replica.value("lossd_kafka_assigned_partitions") == each for replica in replicas), "the partitions to be shared", 60)


def read_all(replicas, records, show):
    """Seconds from the moment that the records can be seen until all are read, and CPU seconds of it."""
    wait_until_shared(replicas)
    before, begun = sum(replica.cpu() for replica in replicas), time.monotonic()
    show()
    while sum(replica.value("lossd_kafka_records_total") for replica in replicas) < records:
        time.sleep(0.1)
    return time.monotonic() - begun, sum(replica.cpu() for replica in replicas) - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin")
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--restored", type=int, default=10_000)
    options = parser.parse_args()
    binary = str(pathlib.Path(options.bin) / "lossd")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-bench-"))
    broker = KafkaBroker(folder)
    try:
        for per_record in (1, 50):
            records = options.samples // per_record
            rates = {}
            for name, cores, commit in (("one", (0,), "5s"), ("one, no commits", (0,), "10m"), ("two", (0, 1), "5s")):
                topic = f"samples-{per_record}-{len(rates)}"
                broker.make_topic(topic, PARTITIONS)
                show = fill(broker, topic, options.samples, options.jobs, per_record)
                replicas = [Replica(folder, binary, broker, topic, topic, core, commit) for core in cores]
                seconds, cpu = read_all(replicas, records, show)
                states = sum(replica.value("lossd_kafka_state_bytes_total") for replica in replicas)
                for replica in replicas:
                    replica.stop()
                rates[name] = (seconds, cpu)
                print(f"{per_record:3} a record, {name:16}: {options.samples / seconds:10,.0f} samples/s, {options.samples / cpu:10,.0f} a CPU second, "
                      f"{states / 1e6:.1f} MB of states", flush=True)
            one, bare, two = (rates[name] for name in ("one", "one, no commits", "two"))
            print(f"{per_record:3} a record: two replicas are {one[0] / two[0]:.2f} times one; the transactional state is {100 * (1 - bare[1] / one[1]):.0f}% of the CPU", flush=True)
        broker.make_topic("many", PARTITIONS)
        show = fill(broker, "many", 40 * options.restored, options.restored, 40)
        replica = Replica(folder, binary, broker, "many", "many", 0, "2s")
        read_all([replica], options.restored, show)
        replica.stop()
        again = Replica(folder, binary, broker, "many", "many", 0, "2s")
        testing.wait_until(lambda: again.value("lossd_kafka_states_restored_total") >= options.restored, "the jobs to be restored", 60)
        testing.wait_until(lambda: again.value("lossd_kafka_restore_seconds") > 0, "the report")
        print(f"restore of {options.restored} jobs: {again.value('lossd_kafka_restore_seconds'):.2f} s, {again.cpu():.2f} CPU seconds with the start")
        again.stop()
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
