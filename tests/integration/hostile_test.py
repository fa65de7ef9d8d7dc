"""Neighbours that mean harm, or are merely broken: what they may take is bounded, and nobody else is kept waiting.

With LOSSD_STRICT=1 in the environment, on a machine that does nothing else, a good client beside each of them has to be served within
100 ms (p99); otherwise within a second of lossd's computing, which a busy machine does not make longer. With LOSSD_LONG=1 they come in
full numbers: `./dev hostile` sets both.
"""

import base64
import gzip
import http.client
import io
import json
import os
import re
import resource
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.request

from support import testing
from support.certificates import Authority
from support.lossd_daemon import Lossd, listening_address

STRICT = os.environ.get("LOSSD_STRICT") == "1"
LONG = os.environ.get("LOSSD_LONG") == "1"
MiB = 1 << 20
# Seconds that lossd may compute before it answers, where nobody measures: what a sanitizer costs is not lossd's.
PATIENCE = 10 if testing.sanitized() else 1
# Nobody gets a place because somebody else's time is over.
NO_TIMEOUTS = "header_timeout: 1h, body_timeout: 1h, idle_timeout: 1h, write_timeout: 1h"


class GoodClient(threading.Thread):
    """Posts a sample and scrapes a probe, now on a kept connection, now on a fresh one, until it is told to stop."""

    def __init__(self, lossd):
        super().__init__(daemon=True)
        self.lossd, self.stopping, self.errors, self.posted = lossd, threading.Event(), [], 0
        self.waits = []  # for each answer, in seconds: on the clock, and of lossd's computing

    def run(self):
        kept = http.client.HTTPConnection(self.lossd.address, timeout=60)
        while not self.stopping.is_set():
            for fresh in (False, True):
                connection = http.client.HTTPConnection(self.lossd.address, timeout=60) if fresh else kept
                begin = time.monotonic(), self.lossd.processor_seconds()
                try:
                    connection.request("POST", "/api/v1/samples", json.dumps({"training_job": "good", "step": self.posted, "loss": 1.5}))
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        self.errors.append(answer.status)
                    self.posted += 1
                except (OSError, http.client.HTTPException) as error:
                    self.errors.append(repr(error))
                self.waits.append((time.monotonic() - begin[0], self.lossd.processor_seconds() - begin[1]))
                if fresh:
                    connection.close()
            time.sleep(0.01)
        kept.close()


class Hostile(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.good = None

    def start_good_client(self, lossd):
        self.good = GoodClient(lossd)
        self.good.start()

    def check_good_client(self, at_least=20):
        """No error, and never kept waiting."""
        testing.wait_until(lambda: len(self.good.waits) >= at_least, "the good client to have asked", 120)
        self.good.stopping.set()
        self.good.join(120)
        self.assertEqual(self.good.errors, [])
        clock, computing = (sorted(seconds)[int(len(seconds) * 0.99) - 1] for seconds in zip(*self.good.waits))
        self.assertLess(computing, PATIENCE)
        if STRICT:
            self.assertLess(clock, 0.1)

    def raw(self, lossd, source="127.0.0.1"):
        host, port = lossd.address.split(":")
        connection = socket.create_connection((host, int(port)), timeout=60, source_address=(source, 0))
        self.addCleanup(connection.close)
        return connection

    def check_peak(self, lossd, most):
        if not testing.sanitized():
            self.assertLess(lossd.memory("VmHWM"), most)

    def check_memory(self, lossd, most, before):
        """The peak, and that it is given back."""
        self.check_peak(lossd, most)
        if not testing.sanitized():
            testing.wait_until(lambda: lossd.memory() < 1.2 * before + 4 * MiB, "the memory to be given back")


class Answers(Hostile):
    def test_millions_of_bad_lines_get_a_short_answer(self):
        lossd = Lossd(self)
        self.assertEqual(lossd.post({"training_job": "a", "loss": 1}).status, 200)
        before = lossd.memory()
        self.start_good_client(lossd)
        body = gzip.compress(b"x\n" * 4_000_000)
        answer = lossd.request("POST", "/api/v1/samples", body, {"Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 400)
        self.assertLess(len(answer.body), 20_000)
        self.assertEqual(len(answer.json["rejected"]), 100)
        self.assertEqual(answer.json["rejected_total"], 4_000_000)
        self.assertEqual(sum(answer.json["unlisted"].values()), 4_000_000 - 100)
        self.check_good_client()
        self.check_memory(lossd, 64 * MiB, before)

    def test_a_log_that_is_posted_by_accident_is_refused_in_a_few_words(self):
        lossd = Lossd(self)
        log = "".join(f"[2026-01-01 00:00:00] step {step} | loss {3 - step / 1e5:.4f} | lr 3e-4\n" for step in range(50_000))
        answer = lossd.post(log)
        self.assertEqual(answer.status, 400)
        self.assertLess(len(answer.body), 20_000)
        self.check_peak(lossd, 64 * MiB)

    def test_a_hundred_thousand_names_cost_no_more_than_reading_them(self):
        # A million are more than the longest body that is taken by default.
        lossd = Lossd(self, "--config.file", self.write("lossd.yml", "http: {max_body_size: 32MiB}\n"))
        self.start_good_client(lossd)
        for count in (100_000, 400_000, *([1_000_000] if LONG else [])):
            names = ",".join(f'"n{i}":1' for i in range(count))
            begin = lossd.processor_seconds()
            answer = lossd.post('{"training_job":"a","losses":{' + names + "}}")
            self.assertLess(lossd.processor_seconds() - begin, 5)
            self.assertEqual(answer.status, 400)
            self.assertLess(len(answer.body), 1_000)
        self.check_good_client(at_least=200 if LONG else 20)

    def test_an_object_that_is_never_closed_is_read_in_one_pass(self):
        log = self.folder / "llama.log"
        lossd = Lossd(self, log)
        line = '{"loss":' * 8_000 + "\n"
        log.write_text(line * (200 if LONG else 40) + "step 1 loss 2.5\n")
        lossd.wait_for_samples("llama", 1)


class Pages(Hostile):
    def test_a_large_page_is_made_as_it_is_taken(self):
        lossd = Lossd(self)
        before = lossd.memory()
        labels = {f"label_{i}": "v" * 200 for i in range(16)}
        for job in range(10):
            losses = {f"loss_{i}": 1.0 for i in range(32)}
            self.assertEqual(lossd.post({"training_job": f"job-{job}", "losses": losses, "labels": labels}).status, 200)
        held = lossd.memory()
        self.start_good_client(lossd)
        # Some that ask and read nothing, some that read a little.
        for _ in range(100 if STRICT else 12):
            connection = self.raw(lossd)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        page = lossd.get("/metrics").body
        self.assertGreater(len(page), 30 * MiB)
        self.assertEqual(page.count(b"# TYPE training_loss gauge\n"), 1)
        self.assertTrue(page.endswith(b"\n"))
        self.check_good_client()
        self.check_peak(lossd, held + 24 * MiB)

    def test_a_large_page_is_one_that_prometheus_takes(self):
        promtool = testing.find_program("promtool")
        lossd = Lossd(self)
        # Long labels rather than many series: what promtool 2.53 takes grows with the square of these.
        jobs, labels = 150, {name: "v" * 200 for name in ("model", "data")}
        body = "".join(json.dumps({"training_job": f"job-{job}", "step": step, "loss": 3 - step / 10, "labels": labels}) + "\n"
                       for job in range(jobs) for step in range(4))
        self.assertEqual(lossd.post(body, compress=True).status, 200)
        page = lossd.get("/metrics", Accept_Encoding="gzip")
        self.assertEqual(page.headers["Transfer-Encoding"], "chunked")
        text = gzip.decompress(page.body)
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=300)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertEqual(text.count(b"\ntraining_loss_samples_total{"), jobs)


class Bodies(Hostile):
    def test_a_body_that_grows_when_it_is_unpacked_is_refused(self):
        lossd = Lossd(self)
        self.start_good_client(lossd)
        packer = gzip.GzipFile(fileobj=(packed := io.BytesIO()), mode="wb")
        for _ in range(8000 if LONG else 100):
            packer.write(b"[" * MiB)
        packer.close()
        for _ in range(5):
            answer = lossd.request("POST", "/api/v1/samples", packed.getvalue()[:8 * MiB - 1], {"Content-Encoding": "gzip"})
            self.assertEqual(answer.status, 413)
        self.check_good_client()
        self.check_peak(lossd, 64 * MiB)

    def test_a_body_without_end_is_cut_off(self):
        lossd = Lossd(self)
        self.start_good_client(lossd)
        for head in (b"Content-Length: 1073741824", b"Transfer-Encoding: chunked"):
            connection = self.raw(lossd)
            connection.sendall(b"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
            piece = b"100000\r\n" + b" " * MiB + b"\r\n" if b"chunked" in head else b" " * MiB
            answer = b""
            for _ in range(1024 if LONG else 32):
                try:
                    connection.sendall(piece)
                except OSError:
                    break
            try:
                answer = connection.recv(1000)
            except OSError:
                pass  # it was reset over what it went on sending
            if answer:
                self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)
        self.check_good_client()
        self.check_peak(lossd, 64 * MiB)

    def test_requests_that_two_could_read_differently_are_refused(self):
        lossd = Lossd(self)
        for shape in (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: +5",
                      b"Content-Length: 5, 5, 6", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity",
                      b"Transfer-Encoding : chunked", b" Content-Length: 5", b"Content-Length: 0x5", b"X: a\rContent-Length: 5",
                      b"Transfer-Encoding:\x0bchunked", b"Host: b"):
            connection = self.raw(lossd)
            connection.sendall(b"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\n" + shape +
                               b"\r\n\r\n0\r\n\r\nGET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, (shape, answer))
            self.assertRegex(answer, b"^HTTP/1.1 (400|501) ", shape)


class Totals(Hostile):
    def test_all_jobs_together_have_so_many_series_and_labels(self):
        config = self.write("lossd.yml", "jobs: {max_series: 50, max_label_size: 100KiB}\n")
        lossd = Lossd(self, "--config.file", config)
        answer = lossd.post([{"training_job": "many", "name": f"loss_{i}", "loss": 1.0} for i in range(60)])
        self.assertEqual((answer.status, answer.json["accepted"]), (207, 50))
        self.assertIn("total_series_limit", answer.body.decode())
        self.assertEqual(lossd.request("DELETE", "/api/v1/jobs/many").status, 204)
        labels = {f"label_{i}": "v" * 250 for i in range(16)}
        answers = [lossd.post({"training_job": f"job-{job}", "loss": 1, "labels": labels}) for job in range(40)]
        self.assertEqual(answers[0].status, 200)
        self.assertEqual(answers[-1].status, 400)
        self.assertIn("label_size_limit", answers[-1].body.decode())
        page = lossd.get("/metrics").body.decode()
        self.assertLess(len(page), 8 * MiB)
        for reason in ("total_series_limit", "label_size_limit"):
            self.assertRegex(page, f'lossd_samples_rejected_total{{reason="{reason}"}} [1-9]')
        self.assertLess(float(re.search(r"^lossd_series_label_bytes (\S+)", page, re.M).group(1)), 100 * 1024 + 1)


class Saves(Hostile):
    def test_a_save_of_thousands_of_jobs_keeps_nobody_waiting(self):
        config = self.write("lossd.yml", "storage: {save_interval: 1s}\n")
        lossd = Lossd(self, "--config.file", config, "--storage.path", self.folder / "state")
        body = "".join(json.dumps({"training_job": f"job-{job}", "step": step, "loss": 1.5}) + "\n"
                       for job in range(8000) for step in range(2))
        self.assertEqual(lossd.post(body, compress=True).status, 200)
        saved = self.folder / "state" / "state"
        moments = set()
        testing.wait_until(saved.exists, "the first save", 120)
        self.start_good_client(lossd)
        testing.wait_until(lambda: moments.add(saved.stat().st_ctime_ns) or len(moments) > 3, "some saves", 120)
        self.check_good_client()


class Crowds(Hostile):
    def crowd(self, lossd, count, each, seconds=4, source="127.0.0.1"):
        """That many connections, on each of which `each` is sent once a second; one that had to make room comes again."""
        def connect():
            connection = self.raw(lossd, source)
            connection.setblocking(False)
            return connection

        connections = [connect() for _ in range(count)]
        deadline = time.monotonic() + (30 if LONG else seconds)
        while time.monotonic() < deadline:
            begin = time.monotonic()
            for i, connection in enumerate(connections):
                try:
                    connection.sendall(each)
                    if connection.recv(4096) == b"":
                        connection.close()
                        connections[i] = connect()
                except BlockingIOError:
                    pass
                except OSError:
                    connection.close()
                    connections[i] = connect()
            time.sleep(max(0, 1 - (time.monotonic() - begin)))

    def test_line_breaks_keep_nobody_out(self):
        lossd = Lossd(self)
        self.start_good_client(lossd)
        self.crowd(lossd, 600, b"\r\n")
        self.check_good_client()

    def test_a_crowd_that_asks_all_the_time_keeps_nobody_out(self):
        lossd = Lossd(self)
        self.start_good_client(lossd)
        self.crowd(lossd, 1000, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
        self.check_good_client()

    def test_crowds_that_fill_every_place_keep_no_other_client_out(self):
        config = self.write("lossd.yml", f"http: {{max_connections: 400, {NO_TIMEOUTS}}}\n")
        for each in (b"\r\n", b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", b"G"):
            lossd = Lossd(self, "--config.file", config)
            self.start_good_client(lossd)
            self.crowd(lossd, 600, each, source="127.0.0.2")
            self.check_good_client()
            self.assertEqual(lossd.stop(), 0)

    def test_scrapes_have_their_share_at_an_address_of_their_own(self):
        config = self.write("lossd.yml", f"http: {{max_connections: 100, {NO_TIMEOUTS}}}\n")
        lossd = Lossd(self, "--config.file", config, "--web.listen-address", "127.0.0.1:0")
        addresses = testing.wait_until(lambda: len(found := re.findall(r"address=(127\S+) port=(\d+)\s", lossd.log())) == 2 and found,
                                       "both addresses")
        crowd = [self.raw(lossd) for _ in range(300)]
        kept = http.client.HTTPConnection(*addresses[1], timeout=60)
        for _ in range(50):
            for connection in crowd:
                try:
                    connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
                except OSError:
                    pass
            fresh = http.client.HTTPConnection(*addresses[1], timeout=60)
            for connection in (kept, fresh):
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, 200)
            fresh.close()
            crowd = crowd[10:] + [self.raw(lossd) for _ in range(10)]
        kept.close()

    def test_thousands_that_say_nothing_keep_nobody_out(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        lossd = Lossd(self)
        self.start_good_client(lossd)
        before = lossd.memory()
        idle = [self.raw(lossd, f"127.0.1.{i % 250 + 1}") for i in range(10_000 if LONG else 1_000)]
        slow = [self.raw(lossd, "127.0.0.3") for _ in range(1_000 if LONG else 100)]
        for _ in range(15 if LONG else 4):
            for connection in slow:
                try:
                    connection.sendall(b"X")
                except OSError:
                    pass
            time.sleep(1)
        self.check_good_client()
        self.assertLess(lossd.memory(), before + 64 * MiB)
        for connection in (*idle, *slow):
            connection.close()
        testing.wait_until(lambda: lossd.descriptors() < 40, "the descriptors to be given back")

    def test_a_crowd_of_one_address_makes_room_for_another(self):
        config = self.write("lossd.yml", f"http: {{max_connections: 32, {NO_TIMEOUTS}}}\n")
        lossd = Lossd(self, "--config.file", config)
        crowd = [self.raw(lossd) for _ in range(200)]
        for connection in crowd:
            try:
                connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n")
            except OSError:
                pass
        for _ in range(20):
            client = self.raw(lossd, "127.0.0.2")
            client.sendall(b"GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200"))
            client.close()

    def test_guessed_passwords_keep_no_scraper_out(self):
        web = self.write("web.yml", "basic_auth_users:\n  prom: $2b$10$aUc1Zy38YaKbLc0KBhRDzeoaGBIqYmP9XCGeKZ4VFeFS9v/OCOIRm\n")
        lossd = Lossd(self, "--web.config.file", web)
        stopping, guesses = threading.Event(), []

        def guess(number):
            while not stopping.is_set():
                try:
                    guesses.append(self.ask(lossd, f"prom:guess-{number}-{time.monotonic()}", "127.0.0.1"))
                except OSError:
                    pass

        guessing = [threading.Thread(target=guess, args=(number,), daemon=True) for number in range(20)]
        for thread in guessing:
            thread.start()
        try:
            testing.wait_until(lambda: guesses.count(401) > 3, "some guesses to be looked at")
            before = guesses.count(401)
            self.assertEqual(self.ask(lossd, "prom:change-me", "127.0.0.2"), 200)
            self.assertLess(guesses.count(401) - before, 20, "so many were looked at first")
        finally:
            stopping.set()
            for thread in guessing:
                thread.join(60)

    def test_half_handshakes_keep_no_fresh_client_out(self):
        authority = Authority(self)
        certificate, key = authority.issue()
        web = self.write("web.yml", f"tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\n")
        config = self.write("lossd.yml", f"http: {{max_connections: 300, {NO_TIMEOUTS}}}\n")
        lossd = Lossd(self, "--web.config.file", web, "--config.file", config)
        context = ssl.create_default_context(cafile=authority.certificate)
        hello = ssl.MemoryBIO()
        with self.assertRaises(ssl.SSLWantReadError):
            context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
        hello = hello.read()
        halves, slowest = [], 0
        host, port = lossd.address.split(":")
        deadline = time.monotonic() + (30 if LONG else 6)
        while time.monotonic() < deadline or len(halves) <= 300:
            for _ in range(20):
                connection = self.raw(lossd)
                connection.sendall(hello)
                halves.append(connection)
            begin = time.monotonic(), lossd.processor_seconds()
            with socket.create_connection((host, int(port)), timeout=60, source_address=("127.0.0.2", 0)) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as connection:
                    connection.sendall(b"GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200"))
            slowest = max(slowest, time.monotonic() - begin[0] if STRICT else lossd.processor_seconds() - begin[1])
        self.assertLess(slowest, 0.5 if STRICT else 2 * PATIENCE)

    def ask(self, lossd, user, source):
        connection = http.client.HTTPConnection(lossd.address, timeout=60, source_address=(source, 0))
        try:
            connection.request("GET", "/metrics", headers={"Authorization": "Basic " + base64.b64encode(user.encode()).decode()})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def test_resets_hold_nothing(self):
        lossd = Lossd(self, "--config.file", self.write("lossd.yml", f"http: {{{NO_TIMEOUTS}}}\n"))
        self.assertEqual(lossd.get("/-/ready").status, 200)
        before = lossd.descriptors()
        self.start_good_client(lossd)
        for begun in (b"", b"GET / HT", b"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{", b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n") * 50:
            connection = self.raw(lossd)
            connection.sendall(begun)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.check_good_client()
        testing.wait_until(lambda: lossd.descriptors() <= before + 2, "the descriptors to be given back")


class Pretenders(Hostile):
    def test_a_page_of_another_site_changes_nothing(self):
        lossd = Lossd(self, "--web.enable-lifecycle")
        sample = {"training_job": "a", "loss": 1}
        port = lossd.address.split(":")[1]
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Host": f"evil.example:{port}"}):
            self.assertEqual(lossd.request("POST", "/api/v1/samples", sample, {**headers, "Content-Type": "text/plain"}).status, 403, headers)
            self.assertEqual(lossd.request("POST", "/-/reload", None, headers).status, 403, headers)
        self.assertEqual(lossd.get("/metrics", Host="evil.example").status, 403)
        self.assertEqual(lossd.request("POST", "/api/v1/samples", sample, {"Origin": f"http://{lossd.address}"}).status, 200)
        answer = lossd.get("/metrics", Host="localhost")
        self.assertEqual((answer.status, answer.headers["X-Content-Type-Options"]), (200, "nosniff"))


class Files(Hostile):
    def test_rotations_pin_no_descriptors(self):
        log = self.folder / "llama.log"
        log.write_text("step 0 loss 3\n")
        lossd = Lossd(self, log)
        lossd.wait_for_samples("llama", 1)
        before = lossd.descriptors()
        for step in range(1, 31):
            os.rename(log, self.folder / f"llama.log.{100 - step}")
            log.write_text(f"step {step} loss {3 - step / 100}\n")
            lossd.wait_for_samples("llama", step + 1)
        testing.wait_until(lambda: lossd.descriptors() <= before + 10, "old generations to be closed")

    def test_an_empty_configuration_drops_no_file(self):
        log = self.folder / "llama.log"
        log.write_text("step 0 loss 3\n")
        config = self.write("lossd.yml", f"files:\n  - path: {log}\n")
        lossd = Lossd(self, "--config.file", config)
        lossd.wait_for_samples("llama", 1)
        config.write_text("")
        lossd.process.send_signal(signal.SIGHUP)
        lossd.wait_for_log("is empty")
        self.append("llama.log", "step 1 loss 2\n")
        lossd.wait_for_samples("llama", 2)


class UnreadLog(testing.TestCase):
    def test_a_log_that_nobody_reads_stops_nothing(self):
        process = self.start(testing.LOSSD, "serve", "--log.level=debug", "--web.listen-address", "127.0.0.1:0",
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        log = b""
        while not listening_address(log.decode()):
            line = process.stderr.readline()
            self.assertTrue(line, log)
            log += line
        address = listening_address(log.decode())
        # Some 2,000 messages of 300 bytes, which is far more than a pipe holds.
        for part in range(20):
            body = "".join(json.dumps({"training_job": f"job-{part}-{job}" + "x" * 100, "step": 1, "loss": "nan"}) + "\n" for job in range(100))
            with urllib.request.urlopen(f"http://{address}/api/v1/samples", body.encode(), timeout=60) as answer:
                self.assertEqual(answer.status, 200)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
            self.assertIn(b"lossd_jobs 2000", answer.read())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)

    def test_what_is_logged_is_bounded_and_what_is_left_out_is_counted(self):
        lossd = Lossd(self, "--log.level=debug")
        body = "".join(json.dumps({"training_job": "flood", "step": i, "loss": "nan" if i % 2 else 1}) + "\n" for i in range(100_000))
        self.assertEqual(lossd.post(body, compress=True).status, 200)
        testing.wait_until(lambda: re.search(r"left_out=\d{5}", lossd.log()), "the count of what was left out")
        self.assertLess(len(lossd.log()), 50_000)


if __name__ == "__main__":
    testing.main()
