"""Samples over HTTP, the jobs' API, and everything that a client can get wrong."""

import http.client
import json
import socket

from support import testing
from support.lossd_daemon import Lossd


def sample(job="web", step=0, loss=1.0, **more):
    return {"training_job": job, "step": step, "loss": loss, **more}


class Samples(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)

    def test_takes_an_object_an_array_and_lines(self):
        for body, count in (
            (sample(step=0), 1),
            ([sample(step=1), sample(step=2)], 2),
            ("".join(json.dumps(sample(step=step)) + "\n" for step in range(3, 7)), 4),
        ):
            answer = self.lossd.post(body)
            self.assertEqual(answer.status, 200, answer.text)
            self.assertEqual(answer.json, {"accepted": count})
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="web"), 7)
        self.assertEqual(scrape.total("lossd_samples_total", source="http"), 7)
        self.assertEqual(scrape.value("training_step", training_job="web"), 6)

    def test_takes_gzip(self):
        answer = self.lossd.post([sample(step=step) for step in range(50)], compress=True)
        self.assertEqual((answer.status, answer.json), (200, {"accepted": 50}))

    def test_takes_several_losses_labels_and_what_goes_with_them(self):
        self.lossd.post({"training_job": "web", "step": 5, "losses": {"train": 1.5, "eval": 1.75}, "lr": "3e-4", "grad_norm": 0.7,
                         "epoch": 0.5, "labels": {"cluster": "west"}, "unknown": [1, {}]})
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_loss", training_job="web", loss="eval", cluster="west"), 1.75)
        self.assertEqual(scrape.value("training_loss", training_job="web", loss="train", cluster="west"), 1.5)
        self.assertEqual(scrape.value("training_learning_rate", training_job="web"), 3e-4)
        self.assertEqual(scrape.value("training_gradient_norm", training_job="web"), 0.7)
        self.assertEqual(scrape.value("training_epoch", training_job="web"), 0.5)

    def test_nonfinite_losses_are_samples(self):
        for step, text in enumerate(["1.5", "NaN", '"nan"', "Infinity", '"-inf"']):
            answer = self.lossd.post(f'{{"training_job":"web","step":{step},"loss":{text}}}')
            self.assertEqual(answer.status, 200, answer.text)
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_loss_nonfinite_total", training_job="web", kind="nan"), 2)
        self.assertEqual(scrape.value("training_loss_nonfinite_total", training_job="web", kind="+inf"), 1)
        self.assertEqual(scrape.value("training_loss_nonfinite_total", training_job="web", kind="-inf"), 1)
        self.assertEqual(scrape.regime("web"), "non_finite")
        self.assertIn("NaN", self.lossd.post(sample(loss="nan")).text + self.lossd.scrape().text)

    def test_what_fails_is_named_and_the_rest_is_taken(self):
        answer = self.lossd.post([sample(), {"training_job": "web"}, sample(loss="much")])
        self.assertEqual(answer.status, 207)
        self.assertEqual(answer.json["accepted"], 1)
        self.assertEqual([(entry["index"], entry["field"]) for entry in answer.json["rejected"]], [(1, "loss"), (2, "loss")])

    def test_nothing_accepted_is_an_error_that_names_the_field(self):
        for body, field in (({"step": 1, "loss": 1.0}, "training_job"), ({"training_job": "web"}, "loss"),
                            (sample(loss=[]), "loss"), (sample(step="x"), "step"), (sample(job=""), "training_job")):
            answer = self.lossd.post(body)
            self.assertEqual(answer.status, 400, body)
            self.assertEqual(answer.json["rejected"][0]["field"], field, body)

    def test_what_is_no_json_is_a_bad_request(self):
        for body in ("", "loss=1", "{", '{"training_job":"web","loss":1', "[1,", "\x00\xff"):
            self.assertEqual(self.lossd.post(body).status, 400, body)
        self.assertEqual(self.lossd.scrape().total("training_loss_samples_total"), 0)


class BadRequests(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self, "--config.file", self.write("lossd.yml", "http: {max_body_size: 64KiB}\n"))

    def test_wrong_method(self):
        for method, path in (("DELETE", "/metrics"), ("GET", "/api/v1/samples"), ("PUT", "/"), ("POST", "/api/v1/jobs"),
                             ("POST", "/-/healthy")):
            answer = self.lossd.request(method, path, body="")
            self.assertEqual(answer.status, 405, (method, path))
            self.assertTrue(answer.headers["Allow"], (method, path))

    def test_unknown_path(self):
        for path in ("/nothing", "/api/v1/jobs/nobody", "/metric/x", "/api/v2/samples"):
            self.assertEqual(self.lossd.get(path).status, 404, path)

    def test_a_large_body(self):
        answer = self.lossd.post("[" + " " * 100_000 + "]")
        self.assertEqual(answer.status, 413)

    def test_a_body_that_grows_large_when_unpacked(self):
        self.assertEqual(self.lossd.post("[" + " " * 10_000_000 + "]", compress=True).status, 413)

    def test_a_broken_gzip_body(self):
        answer = self.lossd.request("POST", "/api/v1/samples", "not gzip", {"Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 400)

    def test_an_unknown_content_encoding(self):
        self.assertEqual(self.lossd.request("POST", "/api/v1/samples", "x", {"Content-Encoding": "br"}).status, 415)

    def test_what_is_no_http_and_a_client_that_stops_midway(self):
        impatient = Lossd(self, "--config.file", self.write("impatient.yml", "http: {header_timeout: 100ms}\n"))
        for lossd, text, status in ((self.lossd, b"hello\r\n\r\n", b" 400 "), (impatient, b"GET / HTTP/1.1\r\nHost:", b" 408 ")):
            with socket.create_connection(lossd.address.split(":"), timeout=60) as client:
                client.sendall(text)
                answer = b""
                while chunk := client.recv(4096):
                    answer += chunk
            self.assertIn(status, answer.split(b"\r\n")[0])
        self.assertEqual(self.lossd.get("/-/healthy").status, 200)

    def test_bad_requests_are_counted_by_code(self):
        self.lossd.get("/nothing")
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.total("lossd_http_requests_total", code="404"), 1)


class Connections(testing.TestCase):
    def test_many_requests_on_one_connection(self):
        lossd = Lossd(self)
        client = http.client.HTTPConnection(lossd.address, timeout=60)
        client.connect()
        ours = client.sock.getsockname()
        for step in range(200):
            client.request("POST", "/api/v1/samples", json.dumps(sample(step=step)))
            answer = client.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())), (200, {"accepted": 1}))
            self.assertEqual(client.sock.getsockname(), ours)
        client.close()
        self.assertEqual(lossd.scrape().value("training_loss_samples_total", training_job="web"), 200)

    def test_requests_under_way_are_answered_before_the_end(self):
        lossd = Lossd(self, "--config.file", self.write("lossd.yml", "shutdown: {drain_timeout: 1h}\n"))
        with socket.create_connection(lossd.address.split(":"), timeout=60) as client:
            body = json.dumps(sample()).encode()
            head = f"POST /api/v1/samples HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            client.sendall(head + body[:5])
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 100 "))
            lossd.process.terminate()
            lossd.wait_for_log("shutting down")
            client.sendall(body[5:])
            self.assertIn(b" 200 ", client.recv(4096))
        self.assertEqual(lossd.process.wait(60), 0)


class Jobs(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)
        self.lossd.post([sample(step=step, loss=3 - step / 100) for step in range(40)] + [sample(job="other")])

    def test_lists_them(self):
        answer = self.lossd.get("/api/v1/jobs").json
        self.assertEqual([job["training_job"] for job in answer["jobs"]], ["other", "web"])

    def test_shows_one_with_its_history(self):
        job = self.lossd.get("/api/v1/jobs/web").json
        series = job["series"][0]
        self.assertEqual(series["loss"], "train")
        self.assertEqual(len(series["history"]), 30)
        self.assertAlmostEqual(series["history"][-1], 3 - 0.39)

    def test_finishes_one(self):
        self.assertEqual(self.lossd.request("POST", "/api/v1/jobs/web/finish").status // 100, 2)
        self.assertEqual(self.lossd.request("POST", "/api/v1/jobs/nobody/finish").status, 404)

    def test_deletes_one(self):
        self.assertEqual(self.lossd.request("DELETE", "/api/v1/jobs/web").status // 100, 2)
        self.assertEqual(self.lossd.request("DELETE", "/api/v1/jobs/web").status, 404)
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.series("training_loss", training_job="web"), [])
        self.assertEqual(len(scrape.series("training_loss", training_job="other")), 1)

    def test_a_name_may_hold_any_character(self):
        name = 'a b/ü"\n'
        self.assertEqual(self.lossd.post(sample(job=name)).status, 200)
        self.assertEqual(self.lossd.get("/api/v1/jobs/a%20b%2F%C3%BC%22%0A").json["training_job"], name)
        self.assertEqual(self.lossd.scrape().value("training_loss", training_job=name), 1)


if __name__ == "__main__":
    testing.main()
