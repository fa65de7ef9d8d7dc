"""Jobs move between the replicas of a consumer group while a real Prometheus scrapes them all with the shipped monitor and rules: what a
dashboard and a pager see of it, which is nothing."""

import json
import math
import random
import threading
import time

import yaml

from alertmanager_server import Alertmanager, Webhook
from deployed_metrics import DEPLOY
from scaled_time import scaled_alertmanager, scaled_rules
from support import testing
from support.kafka_broker import KafkaBroker
from support.lossd_daemon import Lossd
from support.ports import free_port
from support.prometheus_server import Prometheus

INTERVAL = 5  # seconds between two scrapes, a third of the shipped interval; the rules' times are divided by as much
FACTOR = 3
TOPIC, PARTITIONS = "samples", 12
SICK = "sick"
JOBS = [SICK, *(f"run-{number:02}" for number in range(23))]
SCRAPES = 2  # of each replica between two events, so that each event is seen alone
# The scrapes of two replicas are apart by up to an interval; and so long may a job be on no page, or a restart take on a busy machine.
LONGEST_GAP = 2 * INTERVAL + 4


def relabelings():
    """What the shipped PodMonitor does to a sample, as a scrape configuration says it."""
    monitor = yaml.safe_load((DEPLOY / "kubernetes/monitoring/podmonitor-kafka.yaml").read_text())
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    names = {"sourceLabels": "source_labels", "targetLabel": "target_label"}
    return [{names.get(key, key): value for key, value in rule.items()} for rule in endpoint["metricRelabelings"]]


class Writer(threading.Thread):
    """A step of every job ten times a second. The loss of one rises from step 400 on, and goes on rising."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker, self.ended, self.steps = broker, threading.Event(), 0
        self.noise = random.Random(1)

    def loss(self, job, step):
        healthy = 2 + 4 / (1 + step / 100)
        rise = 1.01 ** max(0, step - 400) if job == SICK else 1
        return healthy * rise * math.exp(self.noise.gauss(0, 0.02))

    def write(self, producer, step):
        for job in JOBS:
            producer.produce(TOPIC, json.dumps({"training_job": job, "step": step, "loss": self.loss(job, step)}), job)
        self.steps = step + 1

    def run(self):
        producer = self.broker.producer()
        for step in range(400):
            self.write(producer, step)
        while not self.ended.wait(0.1):
            self.write(producer, self.steps)
            producer.poll(0)
        self.left = producer.flush(60)


class KafkaMoves(testing.TestCase):
    def replica(self, number):
        config = self.write(f"r{number}.yml", f"kafka:\n  brokers: ['{self.broker.address}']\n  topics: [{TOPIC}]\n  group: fleet\n"
                                              f"  session_timeout: 10s\n  group_instance_id: r{number}\n")
        lossd = Lossd(self, "--web.listen-address", self.addresses[number], "--config.file", config)
        lossd.wait_for(lambda page: page.value("lossd_kafka_assigned_partitions") > 0, "partitions", 120)
        return lossd

    def moments(self, expression, since, label="training_job"):
        """Of each training job, the moments at which any replica was seen to have it, or its alert to fire."""
        found = {}
        for labels, samples in self.prometheus.samples(expression, math.ceil(time.time() - since)):
            found.setdefault(labels[label], set()).update(moment for moment, _ in samples)
        return {job: sorted(moments) for job, moments in found.items()}

    def wait_for_scrapes(self, targets):
        begun = time.time()

        def scraped():
            moments = self.moments("up", begun, "instance")
            return all(sum(moment > begun for moment in moments.get(target, ())) > SCRAPES for target in targets)

        testing.wait_until(scraped, "scrapes of each replica", 120)

    def test_a_scrape_misses_no_job_and_a_firing_alert_goes_on(self):
        self.broker = KafkaBroker.of_test(self)
        self.broker.make_topic(TOPIC, PARTITIONS)
        self.addresses = [f"127.0.0.1:{free_port()}" for _ in range(4)]
        replicas = [self.replica(number) for number in range(3)]
        webhook = Webhook(self)
        alertmanager = Alertmanager(self, webhook, lambda shipped: scaled_alertmanager(shipped, FACTOR))
        rules = self.write("alerts.yml", scaled_rules((DEPLOY / "prometheus/alerts.yml").read_text(), FACTOR))
        self.prometheus = Prometheus(
            self, self.addresses,
            extra_config=f"rule_files: ['{rules}']\nalerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager.address}']}}]}}]}}\n",
            scrape_options=f"scrape_interval: {INTERVAL}s, scrape_timeout: {INTERVAL}s, honor_labels: true, metric_relabel_configs: {json.dumps(relabelings())},")
        writer = Writer(self.broker)
        self.addCleanup(writer.ended.set)
        writer.start()
        testing.wait_until(lambda: webhook.about(SICK), "the page about the job that diverges", 240)
        # Prometheus has seen all of them.
        testing.wait_until(lambda: len(self.moments("training_loss_samples_total", time.time() - INTERVAL * 2)) == len(JOBS), "every job in a scrape")
        begun = time.time()

        def event(what):
            print(f"{time.time() - begun:5.1f} s: {what}", flush=True)

        for number in range(3):
            event(f"r{number} is restarted, as in a rollout")
            self.assertEqual(replicas[number].stop(), 0)
            replicas[number] = self.replica(number)
            self.wait_for_scrapes(self.addresses[:len(replicas)])
        event("a fourth replica joins")
        replicas.append(self.replica(3))
        self.wait_for_scrapes(self.addresses[:len(replicas)])
        event("r1 is killed, and started anew")
        replicas[1].process.kill()
        replicas[1].process.wait()
        replicas[1] = self.replica(1)
        self.wait_for_scrapes(self.addresses[:len(replicas)])

        seen = self.moments("training_loss_samples_total", begun)
        self.assertEqual(seen.keys(), set(JOBS))
        gaps = {job: max(later - earlier for earlier, later in zip(moments, moments[1:])) for job, moments in seen.items()}
        print("the longest gap between two scrapes of a job:", round(max(gaps.values()), 2), "s", flush=True)
        self.assertLessEqual(max(gaps.values()), LONGEST_GAP, gaps)
        # A counter goes on where it was, or, after a kill, from the last commit.
        self.assertEqual(self.prometheus.query(f"resets(training_loss_samples_total[{math.ceil(time.time() - begun)}s]) > 1"), [])

        firing = self.moments('ALERTS{alertname="TrainingLossDiverging",alertstate="firing"}', begun)
        self.assertEqual(firing.keys(), {SICK})
        pauses = [later - earlier for earlier, later in zip(firing[SICK], firing[SICK][1:])]
        self.assertLess(max(pauses), INTERVAL, "rules are evaluated twice a second")
        told = [alert for _, _, alert in webhook.notices
                if (alert["labels"].get("training_job"), alert["labels"]["alertname"]) == (SICK, "TrainingLossDiverging")]
        self.assertEqual({alert["status"] for alert in told}, {"firing"})
        self.assertEqual(len({alert["startsAt"] for alert in told}), 1, told)
        writer.ended.set()
        writer.join()
        self.assertEqual(writer.left, 0)
        for lossd in replicas:
            self.assertEqual(lossd.stop(), 0)


if __name__ == "__main__":
    testing.main()
