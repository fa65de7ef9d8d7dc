"""A Kafka of the test's own: one broker in KRaft mode on free ports of loopback, from Maven's registry."""

import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from support import testing
from support.ports import free_port

VERSION = "3.7.2"
POM = f"""<project><modelVersion>4.0.0</modelVersion><groupId>lossd</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
</dependencies></project>"""
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.retention.check.interval.ms=600000
"""


def jars():
    """The folder of Kafka's jars, fetched on the first call and kept between runs. A skip where they cannot be had."""
    testing.find_program("java")
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lossd-tests" / f"kafka-{VERSION}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Tests that run at the same time fetch it once.
    with open(folder.parent / "kafka.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            fetch(folder)
    return folder


def fetch(folder):
    maven = testing.find_program("mvn")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "pom.xml").write_text(POM)
    try:
        made = testing.run(maven, "-B", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={folder}", cwd=folder, timeout=240)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest("cannot fetch Kafka: Maven's registry does not answer") from None
    if made.returncode != 0:
        raise unittest.SkipTest(f"cannot fetch Kafka from Maven's registry: {(made.stdout + made.stderr).strip()[-300:]}")
    (folder / "complete").touch()


def client():
    """The module confluent_kafka, of Debian, or a skip."""
    try:
        import confluent_kafka
        import confluent_kafka.admin
    except ImportError:
        raise unittest.SkipTest("python3-confluent-kafka is not installed (./dev setup installs it)") from None
    return confluent_kafka


class KafkaBroker:
    """Starts a broker and waits until it answers. `properties` are lines on top of its configuration, with {port} and {controller} in them
    the ports of its own listeners; `users` are names and passwords for SCRAM."""

    def __init__(self, folder, properties="", users=()):
        client()
        self._class_path = f"{jars()}/*"
        self.folder = pathlib.Path(folder) / "kafka"
        self.folder.mkdir(parents=True)
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._config = self.folder / "server.properties"
        self._config.write_text((PROPERTIES + properties).format(port=self.port, controller=controller, data=self.folder / "data"))
        scram = [f"--add-scram=SCRAM-SHA-{bits}=[name={name},password=\"{password}\"]" for name, password in users for bits in (256, 512)]
        formatted = testing.run(*self._java("-Xmx128m"), "kafka.tools.StorageTool", "format", "-t", "bG9zc2QtdGVzdC1jbHVzdGVyLQ",
                                "-c", self._config, *scram)
        if formatted.returncode != 0:
            raise AssertionError(f"Kafka cannot format its storage:\n{formatted.stdout}\n{formatted.stderr}")
        self.process = None
        self.start()

    @classmethod
    def of_test(cls, test, properties=""):
        broker = cls(test.folder, properties)
        test.addCleanup(broker.kill)
        return broker

    @classmethod
    def of_class(cls, test_class, folder, properties="", users=()):
        broker = cls(folder, properties, users)
        test_class.addClassCleanup(broker.kill)
        return broker

    def _java(self, heap="-Xmx384m"):
        return ["java", heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dkafka.logs.dir=" + str(self.folder), "-cp", self._class_path]

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([*self._java(), "kafka.Kafka", str(self._config)], stdout=log, stderr=log,
                                            start_new_session=True)
        testing.wait_until(self._answers, "Kafka to answer", 240)

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Kafka ended with {self.process.returncode}:\n{(self.folder / 'log').read_text()[-3000:]}")
        try:
            return self.admin().list_topics(timeout=10).brokers
        except client().KafkaException:
            return None

    def stop(self):
        """As an operator stops it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def admin(self):
        return client().admin.AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def make_topic(self, name, partitions=1, **config):
        topic = client().admin.NewTopic(name, partitions, 1, config={key.replace("_", "."): str(value) for key, value in config.items()})
        admin = self.admin()
        admin.create_topics([topic])[name].result(120)

    def producer(self, **options):
        return client().Producer({"bootstrap.servers": self.address, "linger.ms": 20, "queue.buffering.max.messages": 1000000,
                                  "log_level": 0, **{key.replace("_", "."): value for key, value in options.items()}})

    def send(self, topic, records):
        """Appends records and waits until they are stored: (key, value) or (key, value, partition); a value that is no text or bytes is JSON."""
        producer = self.producer()
        for key, value, *partition in records:
            if not isinstance(value, (str, bytes, type(None))):
                value = json.dumps(value)
            producer.produce(topic, value, key, *partition)
            producer.poll(0)
        left = producer.flush(120)
        if left:
            raise AssertionError(f"{left} records were not stored")

    def committed(self, group, topic, partitions):
        """The offsets that the group has committed, by partition; negative where there is none."""
        kafka = client()
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": group, "log_level": 0})
        try:
            return [place.offset for place in consumer.committed([kafka.TopicPartition(topic, number) for number in range(partitions)], 60)]
        finally:
            consumer.close()

    def read(self, topic, partitions, committed_only=True):
        """Every record of a topic as it stands: (partition, offset, key, value)."""
        kafka = client()
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": f"reader-{time.monotonic_ns()}", "enable.auto.commit": False,
                                   "enable.partition.eof": True, "log_level": 0,
                                   "isolation.level": "read_committed" if committed_only else "read_uncommitted"})
        consumer.assign([kafka.TopicPartition(topic, number, kafka.OFFSET_BEGINNING) for number in range(partitions)])
        records, ended = [], set()
        try:
            while len(ended) < partitions:
                record = consumer.poll(120)
                if record is None:
                    raise AssertionError(f"{topic} has no end")
                if record.error():
                    if record.error().code() != kafka.KafkaError._PARTITION_EOF:
                        raise AssertionError(str(record.error()))
                    ended.add(record.partition())
                    continue
                records.append((record.partition(), record.offset(), record.key(), record.value()))
        finally:
            consumer.close()
        return records
