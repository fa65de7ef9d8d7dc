"""The whole way: a training run, its log, lossd, and a real Prometheus that answers queries."""

from support import testing
from support.certificates import Authority
from support.lossd_daemon import Lossd
from support.prometheus_server import Prometheus


class ScrapedByPrometheus(testing.TestCase):
    def train(self, name, *arguments):
        log = self.folder / f"{name}.log"
        self.start(testing.DEMO_TRAINER, "--output", log, "--interval-ms", "5", "--steps", "1000000", *arguments)  # for as long as the test
        return log

    def test_a_run_that_diverges_is_seen_beside_one_that_does_not(self):
        lossd = Lossd(self, self.folder / "healthy.log", self.folder / "broken.log")
        prometheus = Prometheus(self, [lossd.address])
        prometheus.wait_for("up == 1")
        # Watched from the start: a level that is no longer new is not called diverging for ever.
        self.train("healthy")
        self.train("broken", "--fault", "lr-jump@400:100")

        prometheus.wait_for('loss_velocity{training_job="healthy",window="30"} < 0')
        for metric in ("loss_velocity", "loss_acceleration"):
            labels, _ = prometheus.wait_for(f'{metric}{{training_job="broken",window="30"}}')[0]
            self.assertEqual((labels["job"], labels["loss"], labels["training_job"]), ("lossd", "train", "broken"))
        self.assertEqual(len(prometheus.query('training_regime{training_job="healthy"}')), 11)

        prometheus.wait_for('training_regime{training_job="broken",regime="diverging"} == 1', "the divergence", 240)
        self.assertEqual(prometheus.query('training_regime{training_job="healthy",regime="diverging"} == 1'), [])
        rate = prometheus.wait_for('rate(training_loss_samples_total{training_job="healthy"}[5s]) > 0')
        self.assertEqual(len(rate), 1)
        self.assertEqual(prometheus.failed_scrapes(), [])

    def test_a_run_that_goes_to_nan_is_seen(self):
        lossd = Lossd(self, self.train("poisoned", "--fault", "nan@100"))
        prometheus = Prometheus(self, [lossd.address])
        prometheus.wait_for('training_regime{training_job="poisoned",regime="non_finite"} == 1')
        prometheus.wait_for('training_loss_nonfinite_total{training_job="poisoned",kind="nan"} > 0')

    def test_samples_over_http_reach_prometheus(self):
        lossd = Lossd(self)
        prometheus = Prometheus(self, [lossd.address])
        for step in range(50):
            lossd.post({"training_job": "posted", "step": step, "loss": 2 - step / 100})
        labels, value = prometheus.wait_for('loss_velocity{training_job="posted",window="30"}')[0]
        self.assertAlmostEqual(value, -0.01)

    def test_scrapes_by_tls_with_a_password(self):
        authority = Authority(self)
        certificate, key = authority.issue()
        web = self.write("web.yml", f"tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\nbasic_auth_users:\n"
                                    "  prom: $2b$10$6bdFuPBFGfO7DpweyHNc6umG.OWt2OOC52MbRwD07rNp6.3BvS9mi\n")
        lossd = Lossd(self, "--web.config.file", web, self.train("guarded"))
        tls = f"scheme: https, tls_config: {{ca_file: {authority.certificate}, server_name: localhost}},"
        prometheus = Prometheus(self, [lossd.address], scrape_options=tls + " basic_auth: {username: prom, password: secret},")
        prometheus.wait_for("up == 1")
        prometheus.wait_for('loss_velocity{training_job="guarded",window="30"} < 0')
        self.assertEqual(prometheus.query('increase(lossd_http_requests_total{code="401"}[1m]) > 0'), [])


if __name__ == "__main__":
    testing.main()
