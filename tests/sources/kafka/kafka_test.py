"""The source `kafka` with a real broker."""

import json
import pathlib
import shutil
import signal
import tempfile
import unittest

from support import testing
from support.kafka_broker import KafkaBroker
from support.lossd_daemon import Lossd


def sample(job, step, **more):
    return {"training_job": job, "step": step, "loss": 3 / (1 + step / 50) + (step * 7 % 11) / 100, **more}


class Kafka(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-kafka-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.broker = KafkaBroker.of_class(cls, folder)

    def setUp(self):
        super().setUp()
        self.topic = f"samples-{self.id().rsplit('.', 1)[-1].replace('_', '-')[:60]}"

    def config(self, extra="", **keys):
        lines = {"brokers": f"['{self.broker.address}']", "topics": f"['{self.topic}']", "group": self.topic, "session_timeout": "6s",
                 "changelog": "{commit_interval: 300ms}", **keys}
        text = "kafka:\n" + "".join(f"  {name}: {value}\n" for name, value in lines.items())
        return self.write(f"lossd-{len(list(self.folder.iterdir()))}.yml", text + extra)

    def lossd(self, *arguments, **keys):
        return Lossd(self, "--config.file", self.config(**keys), *arguments)

    def stop(self, lossd):
        self.assertEqual(lossd.stop(), 0, lossd.log())

    def test_samples_survive_a_kill_and_are_counted_once(self):
        self.broker.make_topic(self.topic, 3)
        jobs = [f"job-{number}" for number in range(9)]
        self.broker.send(self.topic, [(job, sample(job, step)) for step in range(200) for job in jobs])
        first = self.lossd()
        for job in jobs:
            first.wait_for_samples(job, 200)
        first.wait_for(lambda page: page.value("lossd_kafka_commits_total", result="committed"), "a commit")
        self.broker.send(self.topic, [(job, sample(job, step)) for step in range(200, 300) for job in jobs])
        for job in jobs:
            first.wait_for_samples(job, 300)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        self.broker.send(self.topic, [(job, sample(job, step)) for step in range(300, 400) for job in jobs])
        second = self.lossd()
        for job in jobs:
            second.wait_for_samples(job, 400, seconds=120)
        page = second.scrape()
        self.assertEqual(page.value("lossd_kafka_assigned_partitions"), 3)
        self.assertGreater(page.value("lossd_kafka_states_restored_total"), 0)
        second.wait_for(lambda page: page.total("lossd_kafka_lag_records") == 0, "no lag")
        self.stop(second)
        self.assertEqual(sum(self.broker.committed(self.topic, self.topic, 3)), 400 * len(jobs))

    def test_jobs_move_with_their_partition(self):
        self.broker.make_topic(self.topic, 4)
        jobs = [f"job-{number}" for number in range(12)]
        self.broker.send(self.topic, [(job, sample(job, step)) for step in range(50) for job in jobs])
        first = self.lossd()
        for job in jobs:
            first.wait_for_samples(job, 50)
        second = self.lossd()
        second.wait_for(lambda page: page.value("lossd_kafka_assigned_partitions") == 2, "half of the partitions")

        def owners():
            """Of each job, once it has one: 0 is the first, 1 the second."""
            pages = [lossd.scrape() for lossd in (first, second)]
            found = {job: [i for i, page in enumerate(pages) if page.series("training_loss_samples_total", training_job=job)] for job in jobs}
            return all(len(each) == 1 for each in found.values()) and {job: each[0] for job, each in found.items()}

        owner = testing.wait_until(owners, "each job to have one owner")
        self.assertEqual(set(owner.values()), {0, 1})
        self.broker.send(self.topic, [(job, sample(job, step)) for step in range(50, 80) for job in jobs])
        for job in jobs:
            (first, second)[owner[job]].wait_for_samples(job, 80)
        self.stop(second)
        for job in jobs:
            first.wait_for_samples(job, 80)

    def test_every_form_of_record_is_read(self):
        self.broker.make_topic(self.topic, 1)
        line = "step {step} | loss: {loss:.4f} | lr 1e-4"
        pod = {"pod_name": "run-0", "namespace_name": "ml", "container_name": "trainer"}
        lines = [line.format(step=step, loss=3 / (1 + step / 9)) for step in range(20)]
        records = [(None, [sample("array", 1), sample("array", 2)]), (None, json.dumps(sample("ndjson", 1)) + "\n" + json.dumps(sample("ndjson", 2))),
                   ("keyed", {"step": 3, "loss": 1.5})]
        records += [("raw", text) for text in lines]
        records += [(None, {"@timestamp": 1.5, "log": text + "\n", "stream": "stdout", "kubernetes": pod}) for text in lines]
        records += [(None, {"message": text, "stream": "stdout", "kubernetes": {"pod_name": "run-1", "pod_namespace": "ml"}}) for text in lines]
        resource = {"attributes": [{"key": "k8s.pod.name", "value": {"stringValue": "run-2"}}, {"key": "k8s.namespace.name", "value": {"stringValue": "ml"}}]}
        records += [(None, {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [{"body": {"stringValue": text}} for text in lines]}]}]})]
        metric = {"name": "train_loss", "gauge": {"dataPoints": [{"asDouble": 0.5, "timeUnixNano": "1"}]}}
        records += [(None, {"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "otel"}}]},
                                                 "scopeMetrics": [{"metrics": [metric]}]}]})]
        self.broker.send(self.topic, records)
        lossd = self.lossd()
        for job, count in {"array": 2, "ndjson": 2, "keyed": 1, "raw": 20, "ml/run-0": 20, "ml/run-1": 20, "ml/run-2": 20, "otel": 1}.items():
            lossd.wait_for_samples(job, count)
        self.assertEqual(lossd.scrape().series("training_loss", training_job="ml/run-0")[0].labels["container"], "trainer")
        # The reader's memory moves, too: what a line announces holds for the next, whoever reads it.
        self.broker.send(self.topic, [("csv", "step,train_loss,lr"), ("csv", "1,2.5,0.1"), ("csv", "2,2.4,0.1")])
        lossd.wait_for_samples("csv", 2)
        self.stop(lossd)
        self.broker.send(self.topic, [("csv", "3,2.3,0.1")])
        self.lossd().wait_for_samples("csv", 3)

    def test_bad_records_are_counted_and_stop_nothing(self):
        self.broker.make_topic(self.topic, 1)
        bad = [(None, None), ("a", ""), ("a", "{broken"), ("a", {"step": 1}), (None, {"loss": 1, "step": 1}), ("a", b"\x00\x00\x00\x00\x07avro"),
               ("a", b"\xff\xfe{\x00}\x00"), ("a", json.dumps({"loss": 1, "step": 1, "pad": "x" * 3000})), (b"\xff\x00", "loss 1"),
               ("a", {"kubernetes": {"pod_name": "p"}})]
        self.broker.send(self.topic, bad + [("good", sample("good", 1))])
        lossd = self.lossd(max_record_bytes="2KiB")
        lossd.wait_for_samples("good", 1)
        page = lossd.wait_for(lambda page: page.total("lossd_kafka_records_rejected_total") == len(bad), f"{len(bad)} rejections")
        counts = {series.labels["reason"]: series.value for series in page.series("lossd_kafka_records_rejected_total") if series.value}
        self.assertEqual(counts, {"tombstone": 2, "not_json": 1, "invalid_sample": 1, "no_job": 2, "foreign_format": 2, "oversized": 1, "no_message": 1})
        lossd.wait_for_log(f"{self.topic}/0 offset 2")
        lossd.wait_for(lambda page: page.value("lossd_kafka_lag_records", partition="0") == 0, "no lag")

    def test_a_job_that_has_gone_leaves_the_changelog(self):
        self.broker.make_topic(self.topic, 1)
        self.broker.send(self.topic, [("gone", sample("gone", 1)), ("stays", sample("stays", 1))])
        lossd = self.lossd()
        lossd.wait_for_samples("gone", 1)
        lossd.wait_for(lambda page: page.value("lossd_kafka_states_written_total") == 2, "both states")
        self.assertEqual(lossd.request("DELETE", "/metrics/job/gone").status, 202)
        self.assertEqual(lossd.scrape().series("training_loss", training_job="gone"), [])
        lossd.wait_for(lambda page: page.value("lossd_kafka_states_written_total") == 3, "a tombstone")
        last = {}
        for _, _, key, value in self.broker.read(f"{self.topic}-lossd-state", 1):
            last[key.split(b"\0")[1]] = value
        self.assertIsNone(last[b"gone"])
        self.assertIsNotNone(last[b"stays"])

    def test_a_state_of_many_series_is_split(self):
        self.broker.make_topic(self.topic, 1)
        losses = {f"part_{number:03}": number / 10 for number in range(150)}
        self.broker.send(self.topic, [("wide", {"training_job": "wide", "step": step, "losses": losses}) for step in range(40)])
        extra = "jobs: {max_series_per_job: 200}\n"
        first = Lossd(self, "--config.file", self.config(extra))
        first.wait_for_samples("wide", 40, "part_149")
        self.stop(first)
        parts = {key.split(b"\0")[2] for _, _, key, _ in self.broker.read(f"{self.topic}-lossd-state", 1)}
        self.assertIn(b"1", parts)
        second = Lossd(self, "--config.file", self.config(extra))
        second.wait_for_samples("wide", 40, "part_149")
        self.assertEqual(second.scrape().value("lossd_kafka_states_damaged_total"), 0)

    def test_a_state_file_holds_none_of_its_jobs(self):
        self.broker.make_topic(self.topic, 1)
        self.broker.send(self.topic, [("moves", sample("moves", step)) for step in range(20)])
        first = self.lossd("--storage.path", self.folder / "state")
        first.wait_for_samples("moves", 20)
        self.assertEqual(first.post({"training_job": "stays", "loss": 1}).status, 200)
        self.stop(first)
        second = Lossd(self, "--storage.path", self.folder / "state")
        self.assertEqual({series.labels["training_job"] for series in second.scrape().series("training_loss")}, {"stays"})

    def test_a_broker_that_is_away_is_waited_for(self):
        self.broker.make_topic(self.topic, 1)
        self.broker.kill()
        lossd = self.lossd()
        self.assertEqual(lossd.post({"training_job": "http", "loss": 1}).status, 200)
        self.assertEqual(lossd.scrape().value("training_loss", training_job="http"), 1)
        self.broker.start()
        self.broker.send(self.topic, [("late", sample("late", 1))])
        lossd.wait_for_samples("late", 1, seconds=120)
        self.broker.kill()
        self.assertEqual(lossd.scrape().value("training_loss_samples_total", training_job="late"), 1)
        self.stop(lossd)
        self.broker.start()


if __name__ == "__main__":
    testing.main()
