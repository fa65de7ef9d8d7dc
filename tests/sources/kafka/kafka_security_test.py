"""The source `kafka` with a broker that wants TLS, names and passwords, or a client's certificate."""

import pathlib
import shutil
import tempfile
import types

from support import testing
from support.certificates import Authority
from support.kafka_broker import KafkaBroker
from support.lossd_daemon import Lossd
from support.ports import free_port

PASSWORD = "pass#word:1"
STORE_PASSWORD = "store-password"


class Security(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-kafka-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        place = types.SimpleNamespace(folder=folder)
        cls.authority, cls.stranger = Authority(place), Authority(place, "stranger")
        certificate, key = cls.authority.issue("broker")
        cls.certificate, cls.key = cls.authority.issue("member")
        store, trusted = folder / "broker.p12", folder / "trusted.p12"
        openssl, keytool = testing.find_program("openssl"), testing.find_program("keytool")
        testing.run(openssl, "pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store, "-passout", f"pass:{STORE_PASSWORD}", check=True)
        testing.run(keytool, "-importcert", "-noprompt", "-file", cls.authority.certificate, "-keystore", trusted, "-storetype", "PKCS12",
                    "-storepass", STORE_PASSWORD, check=True)
        cls.ports = {name: free_port() for name in ("SASL_SSL", "SASL_PLAINTEXT", "SSL")}
        addresses = "".join(f",{name}://127.0.0.1:{port}" for name, port in cls.ports.items())
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        cls.broker = KafkaBroker.of_class(
            cls, folder,
            f"listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller}}{addresses}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{{port}}{addresses}\n"
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL\n"
            "inter.broker.listener.name=PLAINTEXT\n"
            f"ssl.keystore.type=PKCS12\nssl.keystore.location={store}\nssl.keystore.password={STORE_PASSWORD}\nssl.key.password={STORE_PASSWORD}\n"
            f"ssl.truststore.type=PKCS12\nssl.truststore.location={trusted}\nssl.truststore.password={STORE_PASSWORD}\n"
            "listener.name.ssl.ssl.client.auth=required\n"
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\nlistener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN\n"
            f"listener.name.sasl_plaintext.plain.sasl.jaas.config={plain} required user_lossd=\"{PASSWORD}\";\n"
            f"listener.name.sasl_ssl.plain.sasl.jaas.config={plain} required user_lossd=\"{PASSWORD}\";\n"
            f"listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={scram} required;\n"
            f"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram} required;\n", [("lossd", PASSWORD)])

    def setUp(self):
        super().setUp()
        self.topic = f"samples-{self.id().rsplit('.', 1)[-1].replace('_', '-')[:60]}"
        self.broker.make_topic(self.topic, 2)
        self.broker.send(self.topic, [("job", {"training_job": "job", "step": step, "loss": 3 / (1 + step)}) for step in range(50)])

    def lossd(self, listener, keys):
        text = f"kafka:\n  brokers: ['127.0.0.1:{self.ports[listener]}']\n  topics: ['{self.topic}']\n  group: {self.topic}\n" \
               f"  security_protocol: {listener.lower()}\n  changelog: {{commit_interval: 300ms}}\n{keys}"
        return Lossd(self, "--config.file", self.write("lossd.yml", text))

    def reads(self, listener, keys):
        lossd = self.lossd(listener, keys)
        lossd.wait_for_samples("job", 50, seconds=120)
        # The transactions of states go the same way.
        lossd.wait_for(lambda page: page.value("lossd_kafka_commits_total", result="committed"), "a commit")
        self.assertEqual(lossd.stop(), 0, lossd.log())
        log = lossd.log()
        self.assertNotIn(PASSWORD, log)
        self.assertEqual(sum(max(offset, 0) for offset in self.broker.committed(self.topic, self.topic, 2)), 50)
        return log

    def refused(self, listener, keys, *reasons):
        """It says why, goes on answering scrapes, and ends when asked to."""
        lossd = self.lossd(listener, keys)
        for reason in reasons:
            lossd.wait_for_log(reason)
        self.assertEqual(lossd.scrape().value("lossd_kafka_assigned_partitions"), 0)
        self.assertEqual(lossd.stop(), 0, lossd.log())
        self.assertNotIn(PASSWORD, lossd.log())

    def tls(self, **files):
        return "  tls_config: {" + ", ".join(f"{name}: '{path}'" for name, path in files.items()) + "}\n"

    def sasl(self, mechanism, password=PASSWORD):
        file = self.write("password", password + "\n")
        return f"  sasl: {{mechanism: {mechanism}, username: lossd, password_file: '{file}'}}\n"

    def test_scram_of_256_bits_over_tls(self):
        self.reads("SASL_SSL", self.tls(ca_file=self.authority.certificate) + self.sasl("SCRAM-SHA-256"))

    def test_scram_of_512_bits_over_tls(self):
        self.reads("SASL_SSL", self.tls(ca_file=self.authority.certificate) + self.sasl("SCRAM-SHA-512"))

    def test_plain_over_tls(self):
        self.reads("SASL_SSL", self.tls(ca_file=self.authority.certificate) + self.sasl("PLAIN"))

    def test_plain_without_tls(self):
        self.reads("SASL_PLAINTEXT", self.sasl("PLAIN"))

    def test_the_certificate_of_a_client(self):
        self.reads("SSL", self.tls(ca_file=self.authority.certificate, cert_file=self.certificate, key_file=self.key))

    def test_an_unknown_authority_may_be_trusted_blindly(self):
        self.reads("SASL_SSL", "  tls_config: {insecure_skip_verify: true}\n" + self.sasl("PLAIN"))

    def test_a_wrong_password_is_told(self):
        self.refused("SASL_SSL", self.tls(ca_file=self.authority.certificate) + self.sasl("SCRAM-SHA-512", "wrong"), "uthentication failed")

    def test_an_unknown_authority_is_told(self):
        self.refused("SASL_SSL", self.tls(ca_file=self.stranger.certificate) + self.sasl("PLAIN"), "certificate verify failed")

    def test_a_missing_certificate_is_told(self):
        self.refused("SSL", self.tls(ca_file=self.authority.certificate), "SSL alert number")


if __name__ == "__main__":
    testing.main()
