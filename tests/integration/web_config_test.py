"""--web.config.file: TLS, users, tokens and headers, asked by curl and by sockets of our own."""

import os
import shutil
import signal
import socket
import ssl
import struct

from support import testing
from support.certificates import Authority
from support.lossd_daemon import Lossd

SECRET = "$2b$04$5FcF8tB0gn6u1GjefpK4ZeyJxKSo.tDNwYWAaBiksWxe2bJr1w9aa"  # of "secret"
TOKEN = "an-ingestion-token-of-many-letters"
SAMPLE = '{"training_job":"posted","step":1,"loss":1.5}'


class Guarded(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.curl_program = testing.find_program("curl")
        self.authority = Authority(self)
        self.certificate, self.key = self.authority.issue()
        self.tls = f"tls_server_config:\n  cert_file: {self.certificate.name}\n  key_file: {self.key.name}\n"

    def serve(self, web, *arguments):
        self.web = self.write("web.yml", web)
        self.lossd = Lossd(self, "--web.config.file", self.web, *arguments)
        self.port = int(self.lossd.address.split(":")[1])

    def curl(self, path, *arguments, scheme="https"):
        """Status and body; status 0 where there was no answer."""
        done = testing.run(self.curl_program, "-sS", "--cacert", self.authority.certificate, "-w", "\n%{http_code}", *arguments,
                           f"{scheme}://localhost:{self.port}{path}", "--ipv4")
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def post(self, *arguments):
        return self.curl("/api/v1/samples", "-d", SAMPLE, *arguments)[0]

    def raw(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def client(self, connection, **options):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        for name, value in options.items():
            setattr(context, name, value)
        connection = context.wrap_socket(connection, server_hostname="localhost")
        self.addCleanup(connection.close)
        return connection

    def peer_name(self):
        with self.client(self.raw()) as connection:
            return dict(field[0] for field in connection.getpeercert()["subject"])["commonName"]

    def test_users_and_tokens_over_tls(self):
        self.serve(self.tls + "http_server_config:\n  headers: {X-Frame-Options: deny}\n"
                   f"basic_auth_users:\n  prom: {SECRET}\nbearer_tokens: [{TOKEN}]\nunauthenticated_paths: [/-/healthy]\n")
        self.assertEqual(self.curl("/metrics")[0], 401)
        self.assertEqual(self.curl("/metrics", "-u", "prom:guess")[0], 401)
        self.assertEqual(self.curl("/metrics", "-u", "nobody:secret")[0], 401)
        self.assertEqual(self.curl("/metrics", "-H", f"Authorization: Bearer {TOKEN}")[0], 401)
        self.assertEqual(self.curl("/-/healthy")[0], 200)
        self.assertEqual(self.post(), 401)
        self.assertEqual(self.post("-H", f"Authorization: Bearer {TOKEN}x"), 401)
        self.assertEqual(self.post("-H", f"Authorization: Bearer {TOKEN}"), 200)
        self.assertEqual(self.post("-u", "prom:secret"), 200)
        self.assertEqual(self.curl("/api/v1/jobs/posted", "-X", "DELETE")[0], 401)
        self.assertEqual(self.curl("/api/v1/jobs/posted/finish", "-X", "POST", "-H", f"Authorization: Bearer {TOKEN}")[0], 200)
        status, page = self.curl("/metrics", "-u", "prom:secret", "-i")
        self.assertEqual(status, 200)
        self.assertIn("X-Frame-Options: deny", page)
        self.assertIn('training_loss_samples_total{training_job="posted",loss="train"} 2', page)
        self.assertNotIn("secret", self.lossd.log())

    def test_a_client_without_a_certificate_is_turned_away(self):
        self.serve(self.tls + f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {self.authority.certificate.name}\n")
        certificate, key = self.authority.issue("client")
        stranger, stranger_key = Authority(self, "stranger").issue("intruder")
        self.assertEqual(self.curl("/metrics")[0], 0)
        self.assertEqual(self.curl("/metrics", "--cert", stranger, "--key", stranger_key)[0], 0)
        page = lambda: self.curl("/metrics", "--cert", certificate, "--key", key)
        self.assertEqual(page()[0], 200)
        testing.wait_until(lambda: "lossd_http_tls_handshakes_failed_total 2\n" in page()[1], "both to be counted")

    def test_versions_and_suites_are_those_that_are_asked_for(self):
        self.serve(self.tls + "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n")
        with self.client(self.raw()) as connection:
            self.assertEqual((connection.version(), connection.cipher()[0]), ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"))
        with self.assertRaises(ssl.SSLError):
            self.client(self.raw(), minimum_version=ssl.TLSVersion.TLSv1_3)

    def test_plain_http_on_a_tls_port_is_told_so(self):
        self.serve(self.tls)
        status, body = self.curl("/api/v1/samples", "-d", SAMPLE, scheme="http")
        self.assertEqual((status, body), (400, "this port speaks HTTPS, and the request came in plain HTTP\n"))
        self.assertEqual(self.post(), 200)

    def test_keep_alive_pipelining_and_large_bodies_work_through_tls(self):
        self.serve(self.tls)
        body = "[" + ",".join([SAMPLE] * 20_000) + "]"
        with self.client(self.raw()) as connection:
            request = f"POST /api/v1/samples HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            connection.sendall((request + "GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n" * 3
                                + "GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").encode())
            answers = connection.makefile("rb").read().decode()  # ends with the connection, in good order
        self.assertEqual(answers.count("HTTP/1.1 200 OK"), 5)
        self.assertIn('{"accepted":20000}', answers)

    def test_slow_handshakes_and_idle_connections_are_ended(self):
        # Long enough for the handshakes of our own, however busy the machine is.
        config = self.write("lossd.yml", "http: {header_timeout: 4s, idle_timeout: 4s}\n")
        self.serve(self.tls, "--config.file", config)
        silent, halting, idle, slow = self.raw(), self.raw(), self.client(self.raw()), self.client(self.raw())
        halting.sendall(b"\x16\x03\x01\x02\x00")
        slow.sendall(b"GET /metrics HTTP/1.1\r\n")
        self.assertTrue(slow.recv(100).startswith(b"HTTP/1.1 408"))
        for connection in (halting, silent, idle):
            self.assertEqual(connection.recv(100), b"")
        self.assertEqual(self.post(), 200)

    def test_handshakes_that_fail_hold_no_descriptor(self):
        # Well before any timeout.
        self.serve(self.tls, "--config.file", self.write("lossd.yml", "http: {header_timeout: 1h, idle_timeout: 1h}\n"))
        self.assertEqual(self.post(), 200)
        before = self.lossd.descriptors()
        for attempt in range(200):
            connection = self.raw()
            connection.sendall(b"\x16\x03\x01\x02\x00\x01" if attempt % 2 else b"\x00nonsense")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        testing.wait_until(lambda: self.lossd.descriptors() <= before + 2, "the descriptors to be given back")
        self.assertEqual(self.post(), 200)

    def test_a_new_certificate_is_taken_without_a_restart(self):
        self.serve(self.tls)
        self.assertEqual(self.peer_name(), "server")
        certificate, key = self.authority.issue("renewed")
        os.replace(key, self.key)
        os.replace(certificate, self.certificate)
        testing.wait_until(lambda: self.peer_name() == "renewed", "the new certificate")
        # The new key may have been seen before its certificate was there, and refused.
        refused = self.lossd.log().count("web configuration refused")
        self.certificate.write_text("damaged")
        testing.wait_until(lambda: self.lossd.log().count("web configuration refused") > refused, "the refusal")
        self.assertEqual(self.peer_name(), "renewed")

    def test_a_certificate_that_comes_after_the_file_that_names_it_is_taken(self):
        self.serve(self.tls)
        certificate, key = self.folder / "late.pem", self.folder / "late-key.pem"
        self.web.write_text(self.tls.replace(self.certificate.name, certificate.name).replace(self.key.name, key.name))
        self.lossd.wait_for_log("web configuration refused")
        self.assertEqual(self.peer_name(), "server")
        self.authority.issue("late")
        testing.wait_until(lambda: self.peer_name() == "late", "the new certificate")

    def test_a_reload_takes_a_good_file_and_refuses_a_bad_one(self):
        self.serve(self.tls, "--web.enable-lifecycle")
        self.web.write_text(self.tls + f"basic_auth_users:\n  prom: {SECRET}\n")
        self.lossd.process.send_signal(signal.SIGHUP)
        testing.wait_until(lambda: self.curl("/metrics")[0] == 401, "the user to be asked for")
        self.web.write_text("basic_auth_users:\n  prom: secret\n")
        status, body = self.curl("/-/reload", "-X", "POST", "-u", "prom:secret")
        self.assertEqual(status, 500)
        self.assertIn(f"{self.web}:2:9: basic_auth_users.prom: want a bcrypt hash", body)
        self.assertEqual(self.curl("/metrics", "-u", "prom:secret")[0], 200)

    def test_what_a_bad_main_configuration_held_back_comes_all_the_same(self):
        config = self.write("lossd.yml", "jobs: {}\n")
        self.serve(self.tls, "--config.file", config)
        self.web.write_text(self.tls + f"basic_auth_users:\n  prom: {SECRET}\n")
        config.write_text("jbos: {}\n")
        self.lossd.process.send_signal(signal.SIGHUP)
        self.lossd.wait_for_log("configuration refused")
        testing.wait_until(lambda: self.curl("/metrics")[0] == 401, "the user to be asked for")

    def test_ends_in_good_order_with_connections_open(self):
        self.serve(self.tls)
        idle, silent = self.client(self.raw()), self.raw()
        idle.sendall(b"GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(idle.recv(1000).startswith(b"HTTP/1.1 200"))
        self.lossd.process.send_signal(signal.SIGTERM)
        for connection in (idle, silent):
            self.assertEqual(connection.recv(100), b"")
            connection.close()
        self.assertEqual(self.lossd.process.wait(60), 0)

    def test_a_bad_file_is_refused_before_anything_begins(self):
        self.write("other-key.pem", self.authority.issue("other")[1].read_text())
        for text, errors in (
                ("tls_server_config: {}\n", ("1:20: tls_server_config.cert_file: is missing", "tls_server_config.key_file: is missing")),
                ("tls_server_config: {cert_file: no.pem, key_file: no.pem}\n", ("1:32: tls_server_config.cert_file: /", "no.pem: No such file or directory")),
                (self.tls.replace(self.key.name, "other-key.pem"), ("3:13: tls_server_config.key_file: ", "key values mismatch")),
                (self.tls.replace(self.certificate.name, "web.yml"), ("2:14: tls_server_config.cert_file: ", "no certificate in PEM")),
                (self.tls + "  min_version: TLS10\n", ("4:16: tls_server_config.min_version: want one of TLS12, TLS13, got",)),
                (self.tls + "  cipher_suites: [TLS_NULL]\n", ("4:18: tls_server_config.cipher_suites: unknown cipher suite: TLS_NULL",)),
                (self.tls + "  curve_preferences: [P1]\n", ("4:22: tls_server_config.curve_preferences: unknown curve: P1",)),
                (self.tls + "  client_auth_type: VerifyClientCertIfGiven\n", ("tls_server_config.client_ca_file: is missing",)),
                ("http_server_config: {http2: true}\n", ("1:29: http_server_config.http2: lossd speaks HTTP/1.1 alone",)),
                ("http_server_config: {headers: {X-Mine: a}}\n", ("1:32: http_server_config.headers.X-Mine: not a header",)),
                ("basic_auth_users: {prom: secret}\n", ("1:26: basic_auth_users.prom: want a bcrypt hash",)),
                ("bearer_tokens: [short]\n", ("1:17: bearer_tokens[0]: too short",)),
                ("unauthenticated_paths: [metrics]\n", ("1:25: unauthenticated_paths[0]: want a path",)),
                ("basic_auth_user: {}\n", ('1:1: basic_auth_user: unknown key (did you mean "basic_auth_users"?)',)),
        ):
            web = self.write("web.yml", text)
            for arguments in (("check-config", "--web.config.file", web),
                              ("serve", "--web.config.file", web, "--web.listen-address", "127.0.0.1:0")):
                done = testing.run(testing.LOSSD, *arguments)
                self.assertEqual(done.returncode, 2, text)
                for error in errors:
                    self.assertIn(error, done.stdout + done.stderr, text)
                self.assertNotIn("listening", done.stderr)

    def test_the_example_is_good_and_healthcheck_speaks_tls(self):
        shutil.copy(self.certificate, self.folder / "cert.pem")
        shutil.copy(self.key, self.folder / "key.pem")
        self.serve((testing.ROOT / "config/web.example.yml").read_text())
        done = testing.run(testing.LOSSD, "check-config", "--web.config.file", self.web)
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.web}: OK\n"))
        self.assertEqual(self.curl("/metrics", "-u", "prometheus:change-me")[0], 200)
        self.assertEqual(self.post("-H", "Authorization: Bearer change-me-too-please"), 200)
        health = ("healthcheck", "--web.listen-address", self.lossd.address)
        self.assertEqual(testing.run(testing.LOSSD, *health, "--web.config.file", self.web).returncode, 0)
        self.assertEqual(testing.run(testing.LOSSD, *health).returncode, 1)


if __name__ == "__main__":
    testing.main()
