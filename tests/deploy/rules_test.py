"""The rules and configurations of deploy/prometheus, judged by promtool and amtool."""

import re

import yaml

from deployed_metrics import DEPLOY
from support import testing

RULES = DEPLOY / "prometheus"


def alerts():
    groups = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


class Rules(testing.TestCase):
    def run_tool(self, *command):
        result = testing.run(testing.find_program(command[0]), *command[1:], cwd=RULES)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_promtool_accepts_them(self):
        self.run_tool("promtool", "check", "rules", "--lint=all", "--lint-fatal", "alerts.yml", "recording.yml")

    def test_every_alert_fires_and_keeps_quiet_when_it_should(self):
        self.run_tool("promtool", "test", "rules", "alerts_test.yml")
        tests = (RULES / "alerts_test.yml").read_text()
        self.assertEqual([a["alert"] for a in alerts() if f'alertname="{a["alert"]}"' not in tests], [])

    def test_promtool_accepts_the_scrape_configuration(self):
        self.run_tool("promtool", "check", "config", "prometheus.yml")

    def test_amtool_accepts_the_alertmanager_configuration(self):
        self.run_tool("amtool", "check-config", "alertmanager.yml")

    def test_critical_alerts_go_to_the_pager_and_the_rest_to_tickets(self):
        for severity, receiver in (("critical", "pager"), ("warning", "tickets")):
            routed = self.run_tool("amtool", "config", "routes", "test", "--config.file=alertmanager.yml", f"severity={severity}")
            self.assertEqual(routed.strip(), receiver)

    def test_every_alert_has_a_severity_words_and_a_runbook_that_exists(self):
        headings = re.findall(r"^## (.+)$", (RULES / "runbooks.md").read_text(), re.M)
        anchors = {heading.lower() for heading in headings}
        for alert in alerts():
            with self.subTest(alert["alert"]):
                self.assertIn(alert["labels"]["severity"], {"critical", "warning", "info"})
                self.assertGreaterEqual(len(alert["annotations"]["description"].split()), 20)
                self.assertLess(len(alert["annotations"]["summary"]), 110)
                page, anchor = alert["annotations"]["runbook_url"].split("#")
                self.assertTrue(page.endswith("/deploy/prometheus/runbooks.md"))
                self.assertIn(anchor, anchors)
                self.assertEqual(anchor, alert["alert"].lower())
        self.assertEqual(len(headings), len(alerts()), "a section without an alert")

    def test_every_inhibition_names_alerts_that_exist(self):
        names = {alert["alert"] for alert in alerts()}
        config = yaml.safe_load((RULES / "alertmanager.yml").read_text())
        for rule in config["inhibit_rules"]:
            for matcher in rule["source_matchers"] + rule["target_matchers"]:
                pattern = re.fullmatch(r'alertname=~?"(.+)"', matcher).group(1)
                self.assertTrue(any(re.fullmatch(pattern, name) for name in names), matcher)


if __name__ == "__main__":
    testing.main()
