"""compose.yaml, as far as it can be judged without Docker: its mounts exist, its ports and addresses are those of the parts."""

import json
import re

import yaml

from deployed_metrics import DEPLOY
from support import testing


class Compose(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    def test_what_is_mounted_exists(self):
        mounted = [volume for service in self.services.values() for volume in service.get("volumes", []) if volume.startswith("./")]
        self.assertGreater(len(mounted), 4)
        for volume in mounted:
            self.assertTrue((DEPLOY / volume.split(":")[0]).exists(), volume)

    def test_the_addresses_in_the_shipped_configurations_are_served(self):
        published = {port.rsplit(":", 1)[1] for port in self.services["lossd"]["ports"]}
        wanted = set(re.findall(r"127\.0\.0\.1:(\d+)\"", (DEPLOY / "prometheus" / "prometheus.yml").read_text()))
        self.assertLessEqual(wanted, published)
        for name, service in self.services.items():
            self.assertEqual(service.get("network_mode"), None if name == "lossd" else "service:lossd")

    def test_lossd_has_no_privilege(self):
        lossd = self.services["lossd"]
        self.assertTrue(lossd["read_only"])
        self.assertEqual(lossd["cap_drop"], ["ALL"])
        self.assertEqual(lossd["user"], "65532:65532")

    def test_grafana_knows_the_dashboards(self):
        major = int(re.search(r"grafana:(\d+)", self.services["grafana"]["image"]).group(1))
        for path in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
            # 42 is what Grafana 12 writes; an older one drops what it does not know.
            self.assertLessEqual(json.loads(path.read_text())["schemaVersion"], 42 if major >= 12 else 40, path.name)

    def test_the_image_is_the_one_of_this_version(self):
        version = re.search(r"project\(lossd VERSION ([\d.]+)", (testing.ROOT / "CMakeLists.txt").read_text()).group(1)
        self.assertEqual(self.services["lossd"]["image"], f"lossd:{version}")
        for variant in ("sidecar", "node", "gateway"):
            (image,) = yaml.safe_load((DEPLOY / "kubernetes" / variant / "kustomization.yaml").read_text())["images"]
            self.assertEqual(image["newTag"], version)


if __name__ == "__main__":
    testing.main()
