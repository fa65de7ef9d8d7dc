"""lossd in front of a tracking server: what passes is unchanged, while it comes in, and metrics are read on the way."""

import gzip
import hashlib
import http.client
import http.server
import json
import re
import socket
import threading

from support import testing
from support.lossd_daemon import Lossd
from support.ports import free_port

API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


class Server(http.server.ThreadingHTTPServer):
    """Notes each request, and answers with what the test has put into `answers` for its path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.answers = [], {}
        self.address = f"127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def handle_any(self):
        path = self.path.partition("?")[0]
        answer = self.server.answers.get(path)
        if callable(answer):
            return answer(self)
        body = self.read_body()
        self.server.seen.append((self.command, self.path, self.headers, body))
        status, headers, content = answer or (200, {"Content-Type": "application/json"}, b"{}")
        self.send_response_only(status)
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


class Passing(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server()
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.lossd = self.start_lossd(self.server.address)

    def start_lossd(self, upstream, more=""):
        config = self.write("lossd.yml", f"mlflow: {{upstream: {{url: 'http://{upstream}'{more}}}}}\n")
        return Lossd(self, "--config.file", config)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.lossd.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()

    def call(self, method, path, body=None):
        answer, content = self.ask(method, f"{API}/{path}", body and json.dumps(body), {"Content-Type": "application/json"})
        return answer.status, json.loads(content or b"{}")

    def begin(self, run="0123456789abcdef", name="tracked"):
        info = {"run_id": run, "run_name": name, "experiment_id": "7"}
        self.server.answers[f"{API}/experiments/get-by-name"] = (200, {}, json.dumps({"experiment": {"experiment_id": "7", "name": "curves"}}).encode())
        self.server.answers[f"{API}/runs/create"] = (200, {}, json.dumps({"run": {"info": info}}).encode())
        self.server.answers[f"{API}/runs/update"] = (200, {}, json.dumps({"run_info": info}).encode())
        self.call("GET", "experiments/get-by-name?experiment_name=curves")
        self.call("POST", "runs/create", {"experiment_id": "7", "run_name": name})

    def test_metrics_are_read_as_they_go_by(self):
        self.begin()
        for step, loss in enumerate([0.1 + 0.2, 1e-45, 2.718281828459045, "NaN", 5e-324]):
            self.call("POST", "runs/log-metric", {"run_id": "0123456789abcdef", "key": "loss", "value": loss, "step": step + 1, "timestamp": 0})
        scrape = self.lossd.scrape()
        value = lambda name, **labels: scrape.value(name, training_job="tracked", **labels)
        self.assertEqual(value("training_loss_samples_total"), 5)
        self.assertEqual(value("training_loss"), 5e-324)
        self.assertEqual(value("training_loss_nonfinite_total", kind="nan"), 1)
        labels = scrape.series("training_loss", training_job="tracked")[0].labels
        self.assertEqual((labels["experiment"], labels["run_id"]), ("curves", "0123456789abcdef"))
        self.call("POST", "runs/update", {"run_id": "0123456789abcdef", "status": "FINISHED", "end_time": 1})
        self.assertEqual(self.lossd.scrape().value("training_job_state", training_job="tracked", state="ended"), 1)

    def test_what_the_server_refuses_is_no_sample(self):
        self.begin()
        metric = {"run_id": "0123456789abcdef", "key": "loss", "value": 2.5, "step": 1, "timestamp": 0}
        self.server.answers[f"{API}/runs/log-metric"] = (503, {"Retry-After": "1"}, b"{}")
        self.assertEqual(self.call("POST", "runs/log-metric", metric)[0], 503)
        self.assertEqual(self.lossd.scrape().series("training_loss", training_job="tracked"), [])
        del self.server.answers[f"{API}/runs/log-metric"]
        self.call("POST", "runs/log-metric", metric)
        self.assertEqual(self.lossd.scrape().value("training_loss_samples_total", training_job="tracked"), 1)
        self.assertEqual(self.lossd.scrape().value("lossd_mlflow_upstream_requests_total", result="answered"), 4)

    def test_a_run_that_is_resumed_is_known_by_its_name(self):
        info = {"run_id": "feed", "run_name": "resumed", "experiment_id": "7"}
        self.server.answers[f"{API}/runs/get"] = (200, {}, json.dumps({"run": {"info": info}}).encode())
        metrics = {"run_id": "feed", "metrics": [{"key": "train_loss", "value": 2.5, "step": 3, "timestamp": 0}]}
        for _ in range(2):
            self.call("GET", "runs/get?run_id=feed")
            self.call("POST", "runs/log-batch", metrics)
        self.assertEqual(self.lossd.scrape().value("training_loss_samples_total", training_job="resumed"), 1)

    def test_the_request_arrives_as_it_was_sent(self):
        body = gzip.compress(b'{"a": 1}')
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Authorization": "Basic YTpi", "X-Odd": "a, b",
                   "Accept-Encoding": "br", "User-Agent": "mlflow-python-client/3", "Connection": "keep-alive, X-Hop", "X-Hop": "1"}
        self.ask("POST", f"{API}/traces/search?a=%2F%20&b=1+2&b=", body, headers)
        method, path, got, content = self.server.seen[-1]
        self.assertEqual((method, path, content), ("POST", f"{API}/traces/search?a=%2F%20&b=1+2&b=", body))
        for name in ("Content-Type", "Content-Encoding", "Authorization", "X-Odd", "Accept-Encoding", "User-Agent", "Content-Length"):
            self.assertEqual(got.get_all(name), [headers.get(name, str(len(body)))], name)
        self.assertIsNone(got["X-Hop"])
        self.assertEqual(got["Host"], self.server.address)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            self.ask(method, f"{FILES}/a%2Fb", b"x" if method in ("PUT", "PATCH") else None)
            self.assertEqual(self.server.seen[-1][:2], (method, f"{FILES}/a%2Fb"))

    def test_the_answer_arrives_as_it_was_sent(self):
        packed = gzip.compress(b"text " * 1000)
        for status, headers, content in (
                (200, [("Content-Type", "text/x-odd"), ("ETag", '"1"'), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Server", "real")], b"abc" * 5000),
                (200, [("Content-Encoding", "gzip"), ("Date", "yesterday")], packed),
                (404, [("Content-Type", "application/json")], b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}'),
                (204, [("X-Odd", "1")], b""), (304, [("ETag", '"1"')], b""), (302, [("Location", "http://elsewhere/")], b""), (599, [], b"odd")):
            self.server.answers[f"{FILES}/x"] = (status, headers, content)
            for method in ("GET", "HEAD"):
                answer, got = self.ask(method, f"{FILES}/x", headers={"Accept-Encoding": "gzip"})
                self.assertEqual(answer.status, status)
                self.assertEqual(got, content if method == "GET" else b"")
                given = [(name, value) for name, value in answer.getheaders() if name not in ("Content-Length", "Connection")]
                self.assertEqual(given, headers)
                if status not in (204, 304):
                    self.assertEqual(answer.getheader("Content-Length"), str(len(content)))

    def test_large_bodies_pass_both_ways_in_pieces(self):
        piece, count = bytes(range(256)) * 256, 512  # 32 MiB: far beyond what a body of samples may have
        pieces = lambda: iter([piece] * count)
        want = hashlib.sha256(piece * count).hexdigest()

        def keep(handler):
            handler.server.kept = hashlib.sha256(handler.read_body()).hexdigest()
            handler.send_response_only(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for part in pieces():
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            handler.wfile.write(b"0\r\n\r\n")
        self.server.answers[f"{FILES}/large"] = keep
        before = self.lossd.memory("VmHWM")
        for headers in ({"Content-Length": str(len(piece) * count)}, {"Transfer-Encoding": "chunked"}):
            connection = http.client.HTTPConnection(self.lossd.address, timeout=60)
            self.addCleanup(connection.close)
            connection.request("PUT", f"{FILES}/large", pieces(), headers, encode_chunked="Transfer-Encoding" in headers)
            answer = connection.getresponse()
            self.assertEqual(answer.getheader("Transfer-Encoding"), "chunked")
            digest = hashlib.sha256()
            while part := answer.read(1 << 16):
                digest.update(part)
            self.assertEqual((self.server.kept, digest.hexdigest()), (want, want))
        if not testing.sanitized():  # which keeps what was freed for a while
            self.assertLess(self.lossd.memory("VmHWM") - before, 16 << 20)

    def test_a_piece_passes_before_the_next_is_there(self):
        first, second, answered = threading.Event(), threading.Event(), threading.Event()

        def echo(handler):
            handler.rfile.read(5)
            first.set()
            handler.rfile.read(5)
            handler.send_response_only(200)
            handler.send_header("Content-Length", "10")
            handler.end_headers()
            handler.wfile.write(b"12345")
            answered.wait(60)
            handler.wfile.write(b"67890")
            second.set()
        self.server.answers[f"{FILES}/slow"] = echo
        with socket.create_connection(self.lossd.address.split(":"), timeout=60) as client:
            client.sendall(f"PUT {FILES}/slow HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n".encode())
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 100 "))
            client.sendall(b"hello")
            self.assertTrue(first.wait(60), "the first half is there before the second is sent")
            client.sendall(b"world")
            got = b""
            while not got.endswith(b"12345"):
                got += client.recv(1000)
            answered.set()
            while not got.endswith(b"67890"):
                got += client.recv(1000)
        self.assertTrue(second.wait(60))

    def test_a_server_that_is_gone_is_gone_for_the_client(self):
        self.lossd = self.start_lossd(f"127.0.0.1:{free_port()}")
        with self.assertRaises(http.client.RemoteDisconnected):
            self.call("POST", "runs/create", {"experiment_id": "0"})
        count = lambda result: self.lossd.scrape().value("lossd_mlflow_upstream_requests_total", result=result)
        testing.wait_until(lambda: count("unanswered") == 1, "the first to be counted")
        self.assertEqual(count("answered"), 0)
        with self.assertRaises(http.client.RemoteDisconnected):
            self.call("POST", "runs/create", {"experiment_id": "0"})
        testing.wait_until(lambda: count("unanswered") == 2, "the second to be counted")
        log = self.lossd.wait_for_log('msg="the MLflow server does not answer"')
        said = re.findall('msg="the MLflow server does not answer" about=127.0.0.1:\\d+ reason="Connection refused"', log)
        self.assertEqual(len(said), 1, log)

    def test_a_server_that_ends_early_ends_the_answer(self):
        def cut(handler):
            handler.read_body()
            handler.send_response_only(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"half")
            handler.close_connection = True
        self.server.answers[f"{FILES}/cut"] = cut
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.ask("GET", f"{FILES}/cut")
        self.assertEqual(caught.exception.partial, b"half")

    def test_a_client_that_goes_away_ends_the_request(self):
        began, ended = threading.Event(), threading.Event()

        def wait(handler):
            handler.rfile.read(4)
            began.set()
            if handler.rfile.read(1) == b"":
                ended.set()
            handler.close_connection = True
        self.server.answers[f"{FILES}/gone"] = wait
        with socket.create_connection(self.lossd.address.split(":"), timeout=60) as client:
            client.sendall(f"PUT {FILES}/gone HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf".encode())
            self.assertTrue(began.wait(60))
        self.assertTrue(ended.wait(60))

    def test_credentials_of_the_configuration_take_the_place_of_the_clients(self):
        self.lossd = self.start_lossd(self.server.address + "/prefix", ", bearer_token: secret")
        self.ask("GET", f"{API}/runs/get?run_id=1", headers={"Authorization": "Basic YTpi"})
        _, path, headers, _ = self.server.seen[-1]
        self.assertEqual((path, headers.get_all("Authorization")), (f"/prefix{API}/runs/get?run_id=1", ["Bearer secret"]))

    def test_without_an_upstream_lossd_answers(self):
        self.lossd.stop()
        self.lossd = Lossd(self)
        self.assertEqual(self.call("GET", "runs/get?run_id=none")[1]["error_code"], "RESOURCE_DOES_NOT_EXIST")
        self.assertEqual(self.ask("PUT", f"{FILES}/x", b"x")[0].status, 404)


if __name__ == "__main__":
    testing.main()
