"""The copies of alerts.yml for Grafana and Kubernetes say what alerts.yml says; LOSSD_UPDATE_GOLDEN=1 rewrites them."""

import os

import alert_copies
from support import testing


class AlertCopies(testing.TestCase):
    def test_are_up_to_date(self):
        for path, make in alert_copies.COPIES.items():
            with self.subTest(path.name):
                if os.environ.get("LOSSD_UPDATE_GOLDEN") == "1":
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(make())
                self.assertEqual(path.read_text(), make(), "run ./dev golden")


if __name__ == "__main__":
    testing.main()
