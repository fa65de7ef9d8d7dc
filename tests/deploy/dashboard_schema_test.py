"""The dashboards pass Grafana's own linter and decode strictly as the dashboard type of its current schema."""

import go_program
from deployed_metrics import DEPLOY
from support import testing


class DashboardSchema(testing.TestCase):
    def test_every_dashboard_is_clean(self):
        checker = go_program.build("dashboard_check")
        dashboards = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
        self.assertEqual(len(dashboards), 2)
        result = testing.run(checker, *dashboards)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_broken_dashboard_is_not(self):
        checker = go_program.build("dashboard_check")
        whole = (DEPLOY / "grafana" / "dashboards" / "job.json").read_text()
        for good, bad in (('"targets"', '"tragets"'), ("$__rate_interval", "5m"), ('"schemaVersion": 42', '"schemaVersion": 39'),
                          ('instance=~\\"$instance\\",', ""), ('"unit": "bytes"', '"unit": "byts"')):
            with self.subTest(bad):
                self.assertIn(good, whole)
                self.assertNotEqual(testing.run(checker, self.write("bad.json", whole.replace(good, bad))).returncode, 0)


if __name__ == "__main__":
    testing.main()
