"""A hundred jobs at once, over HTTP and in files: every sample is counted, none twice."""

import concurrent.futures
import http.client
import json
import random
import socket

from support import testing
from support.lossd_daemon import Lossd

JOBS = 100
SAMPLES = 200


class Crowd(testing.TestCase):
    def test_jobs_post_at_once(self):
        lossd = Lossd(self)

        def post(job):
            client = http.client.HTTPConnection(lossd.address, timeout=60)
            accepted = 0
            for first in range(0, SAMPLES, 20):
                body = [{"training_job": f"job-{job}", "step": step, "loss": 3 - step / 1000} for step in range(first, first + 20)]
                client.request("POST", "/api/v1/samples", json.dumps(body))
                accepted += json.loads(client.getresponse().read())["accepted"]
            client.close()
            return accepted

        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            self.assertEqual(list(pool.map(post, range(JOBS))), [SAMPLES] * JOBS)
        scrape = lossd.scrape()
        for job in range(JOBS):
            self.assertEqual(scrape.value("training_loss_samples_total", training_job=f"job-{job}"), SAMPLES)
        self.assertEqual(scrape.total("lossd_samples_total", source="http"), JOBS * SAMPLES)
        self.assertEqual(scrape.value("lossd_jobs"), JOBS)

    def test_files_grow_at_once(self):
        config = self.write("lossd.yml", f"files:\n  - path: {self.folder}/*.log\nfollow:\n  discovery_interval: 100ms\n")
        lossd = Lossd(self, "--config.file", config)
        chance = random.Random(4)
        files = [open(self.folder / f"run-{job}.log", "w") for job in range(JOBS)]
        # Each file grows in pieces that end anywhere, also in the middle of a number.
        rests = ["".join(f"step {step} loss {3 - step / 1000:.6f}\n" for step in range(SAMPLES)) for _ in files]
        while any(rests):
            for job, file in enumerate(files):
                size = chance.randrange(1, 400)
                file.write(rests[job][:size])
                file.flush()
                rests[job] = rests[job][size:]
        for file in files:
            file.close()
        scrape = lossd.wait_for(lambda scrape: scrape.total("training_loss_samples_total") >= JOBS * SAMPLES, "every line", 120)
        for job in range(JOBS):
            self.assertEqual(scrape.value("training_loss_samples_total", training_job=f"run-{job}"), SAMPLES)
            self.assertAlmostEqual(scrape.value("loss_velocity", training_job=f"run-{job}", window="30"), -0.001)
        self.assertEqual(scrape.total("lossd_samples_total", source="file"), JOBS * SAMPLES)

    def test_connections_that_never_finish_keep_nobody_out(self):
        # Nobody's place becomes free by waiting.
        config = self.write("lossd.yml", "http: {max_connections: 8, header_timeout: 1h, body_timeout: 1h, idle_timeout: 1h}\n")
        lossd = Lossd(self, "--config.file", config)
        host, port = lossd.address.split(":")
        for begun in (b"", b"GET /metrics HTTP/1.1\r\nHost: a\r\n", b"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n[") * 4:
            connection = socket.create_connection((host, int(port)))
            self.addCleanup(connection.close)
            connection.sendall(begun)
        testing.wait_until(lambda: lossd.get("/metrics").status == 200, "room for a scrape")


if __name__ == "__main__":
    testing.main()
