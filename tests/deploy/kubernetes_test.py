"""The kustomizations and the Helm chart build, say the same, and every object of them is one that Kubernetes or the Prometheus operator takes."""

import json
import re

import yaml

import go_program
from deployed_metrics import DEPLOY
from support import testing

KUBERNETES = DEPLOY / "kubernetes"
VARIANTS = ("sidecar", "node", "gateway", "kafka", "monitoring")


class Built(testing.TestCase):
    def build(self, variant):
        checker = go_program.build("kubernetes_check")
        result = testing.run(checker, KUBERNETES / variant)
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(yaml.safe_load_all(result.stdout)), result.stderr

    def one(self, objects, kind):
        found = [each for each in objects if each["kind"] == kind]
        self.assertEqual(len(found), 1, kind)
        return found[0]


class Kubernetes(Built):
    def test_an_unknown_field_is_refused(self):
        checker = go_program.build("kubernetes_check")
        self.write("kustomization.yaml", "resources: [service.yaml]\n")
        service = (KUBERNETES / "gateway" / "service.yaml").read_text()
        self.write("service.yaml", service.replace("targetPort:", "targetPrt:"))
        result = testing.run(checker, self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn('unknown field "spec.ports[0].targetPrt"', result.stderr)

    def test_sidecar_is_native_and_restricted(self):
        objects, complaints = self.build("sidecar")
        self.assertEqual(complaints, "")
        pod = self.one(objects, "Job")["spec"]["template"]["spec"]
        (sidecar,) = pod["initContainers"]
        self.assertEqual(sidecar["restartPolicy"], "Always")
        shared = {mount["name"] for mount in sidecar["volumeMounts"]} & {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        self.assertEqual([volume["name"] for volume in pod["volumes"] if volume["name"] in shared and "emptyDir" in volume], ["logs"])
        # The hook and the drain (5 s by default) fit into the grace period.
        self.assertLess(sidecar["lifecycle"]["preStop"]["sleep"]["seconds"] + 5, pod["terminationGracePeriodSeconds"])
        cpu = sidecar["resources"]["requests"]["cpu"]
        self.assertLessEqual(int(re.fullmatch(r"(\d+)m", cpu).group(1)), 10)

    def test_node_asks_for_nothing_but_the_pod_logs(self):
        objects, complaints = self.build("node")
        self.assertEqual(complaints.strip(),
                         'DaemonSet lossd: not restricted: restricted volume types (volume "pod-logs" uses restricted volume type "hostPath")')
        pod = self.one(objects, "DaemonSet")["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        self.assertTrue(all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["name"] == "pod-logs"))
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])

    def test_the_configurations_are_such_that_lossd_takes(self):
        for variant in ("node", "kafka"):
            result = testing.run(testing.LOSSD, "check-config", KUBERNETES / variant / "lossd.yml")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_kafka_members_are_known_by_their_pods(self):
        objects, complaints = self.build("kafka")
        self.assertEqual(complaints, "")
        stateful = self.one(objects, "StatefulSet")["spec"]
        self.assertEqual(stateful["serviceName"], self.one(objects, "Service")["metadata"]["name"])
        config = yaml.safe_load(self.one(objects, "ConfigMap")["data"]["lossd.yml"])
        self.assertEqual(config["kafka"]["group_instance_id"], "{hostname}")

    def test_gateway_is_restricted_and_hashed_by_job(self):
        objects, complaints = self.build("gateway")
        self.assertEqual(complaints, "")
        annotations = self.one(objects, "Ingress")["metadata"]["annotations"]
        self.assertEqual(annotations["nginx.ingress.kubernetes.io/upstream-hash-by"], "$http_x_training_job")
        policy = self.one(objects, "NetworkPolicy")["spec"]
        self.assertEqual(policy["podSelector"]["matchLabels"],
                         self.one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"])

    def test_monitors_select_the_pods_and_ports_that_there_are(self):
        monitors, complaints = self.build("monitoring")
        self.assertEqual(complaints, "")
        self.assertEqual(sorted(each["kind"] for each in monitors), ["ConfigMap", "ConfigMap", "PodMonitor", "PodMonitor", "PodMonitor", "PrometheusRule", "ServiceMonitor"])
        labels, ports = {}, {}
        for variant in ("sidecar", "node", "gateway", "kafka"):
            for each in self.build(variant)[0]:
                if each["kind"] in ("Job", "DaemonSet", "StatefulSet"):
                    template = each["spec"]["template"]
                    pod = template["spec"]
                    labels[variant] = template["metadata"]["labels"]
                    ports[variant] = {port["name"] for c in pod.get("initContainers", []) + pod["containers"] for port in c.get("ports", [])}
                elif each["kind"] == "Service" and variant == "gateway":
                    labels[variant] = each["metadata"]["labels"]
                    ports[variant] = {port["name"] for port in each["spec"]["ports"]}
        for monitor in monitors:
            if monitor["kind"] in ("ConfigMap", "PrometheusRule"):
                continue
            variant = monitor["metadata"]["name"].removeprefix("lossd-")
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), labels[variant].items())
            for endpoint in monitor["spec"].get("podMetricsEndpoints", []) + monitor["spec"].get("endpoints", []):
                self.assertIn(endpoint["port"], ports[variant])


CHART = DEPLOY / "helm" / "lossd"
OFF = {"node": {"enabled": False}}
RECIPES = {
    "node": {},
    "gateway": {**OFF, "gateway": {"enabled": True}},
    "gateway with a configuration": {**OFF, "gateway": {"enabled": True, "replicas": 1, "config": {"jobs": {"ttl": "2h"}}, "ingress": {"enabled": False}}},
    "kafka": {**OFF, "kafka": {"enabled": True}},
    "kafka with secrets": {**OFF, "kafka": {"enabled": True, "secrets": ["kafka-user"]}},
    "sidecar": {**OFF, "sidecar": {"enabled": True}},
    "monitoring": {"gateway": {"enabled": True}, "kafka": {"enabled": True}, "monitoring": {"enabled": True, "podTargetLabels": ["team"],
                                                               "alertmanager": {"enabled": True, "webhook": "https://pager.example.com/lossd"}}},
    "private registry": {"image": {"repository": "registry.example.com/lossd", "tag": "1.2.3", "pullSecrets": ["pull"]}, "labels": {"team": "ml"},
                         "node": {"nodeSelector": {"gpu": "true"}, "priorityClassName": ""}},
}
HOST_PATH = 'not restricted: restricted volume types (volume "pod-logs" uses restricted volume type "hostPath")'


class Chart(Built):
    def render(self, values):
        checker = go_program.build("kubernetes_check")
        result = testing.run(checker, f"{CHART}={self.write('values.yaml', yaml.safe_dump(values))}")
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(yaml.safe_load_all(result.stdout)), result.stderr.strip()

    def refused(self, values):
        checker = go_program.build("kubernetes_check")
        result = testing.run(checker, f"{CHART}={self.write('values.yaml', yaml.safe_dump(values))}")
        self.assertEqual(result.returncode, 1, values)
        return result.stderr

    def test_every_recipe_is_taken_and_restricted(self):
        for name, values in RECIPES.items():
            with self.subTest(name):
                objects, complaints = self.render(values)
                self.assertTrue(objects)
                # A volume of the host is what "restricted" cannot allow; nothing else is found.
                node = values.get("node", {}).get("enabled", True)
                self.assertEqual(complaints, f"DaemonSet lossd-node: {HOST_PATH}" if node else "")

    def test_a_wrong_value_is_refused(self):
        self.assertIn("gatway", self.refused({"gatway": {"enabled": True}}))
        self.assertIn("replicas", self.refused({"gateway": {"replicas": 0}}))
        self.assertIn("pullPolicy", self.refused({"image": {"pullPolicy": "Sometimes"}}))
        self.assertIn("where shall pages go?", self.refused({"monitoring": {"enabled": True, "alertmanager": {"enabled": True}}}))

    def same(self, values, variant, kind):
        """The specifications of the one object of that kind, from the chart and from the kustomization."""
        def plain(node):
            if isinstance(node, dict):
                # What Kubernetes would put there itself, and names that the two choose in their own way.
                node = {key: plain(value) for key, value in node.items()
                        if (key, value) not in (("imagePullPolicy", "IfNotPresent"),) and key != "annotations"}
                if set(node) == {"name"} and str(node["name"]).startswith("lossd"):
                    return {"name": "lossd"}
                if "service" in node:
                    node["service"]["name"] = "lossd"
                return node
            return [plain(each) for each in node] if isinstance(node, list) else node

        specs = [self.one(objects, kind)["spec"] for objects in (self.render(values)[0], self.build(variant)[0])]
        for spec in specs:
            if kind == "ServiceMonitor":
                spec.pop("namespaceSelector")
        return [plain(spec) for spec in specs]

    def test_it_says_what_the_kustomizations_say(self):
        gateway, sidecar = RECIPES["gateway"], RECIPES["sidecar"]
        for values, variant, kinds in (({}, "node", ("DaemonSet", "NetworkPolicy")),
                                       (gateway, "gateway", ("Deployment", "Service", "Ingress", "NetworkPolicy")),
                                       (RECIPES["kafka"], "kafka", ("StatefulSet", "Service", "NetworkPolicy")),
                                       (sidecar, "sidecar", ("Job", "NetworkPolicy")),
                                       (RECIPES["monitoring"], "monitoring", ("PrometheusRule",)),
                                       ({**gateway, "monitoring": {"enabled": True}}, "monitoring", ("ServiceMonitor",))):
            for kind in kinds:
                with self.subTest(kind=kind, variant=variant):
                    self.maxDiff = None
                    chart, kustomization = self.same(values, variant, kind)
                    self.assertEqual(chart, kustomization)
        monitors = lambda objects: {each["metadata"]["name"]: each["spec"]["podMetricsEndpoints"] for each in objects if each["kind"] == "PodMonitor"}
        self.assertEqual(monitors(self.render({"kafka": {"enabled": True}, "monitoring": {"enabled": True}})[0]), monitors(self.build("monitoring")[0]))

    def test_the_configuration_of_the_nodes_is_the_same(self):
        config = yaml.safe_load(self.one(self.render({"monitoring": {"dashboards": False}})[0], "ConfigMap")["data"]["lossd.yml"])
        self.assertEqual(config, yaml.safe_load((KUBERNETES / "node" / "lossd.yml").read_text()))

    def test_the_kustomization_brings_the_dashboards_for_grafanas_sidecar(self):
        maps = [each for each in self.build("monitoring")[0] if each["kind"] == "ConfigMap"]
        self.assertEqual([each["metadata"]["labels"]["grafana_dashboard"] for each in maps], ["1", "1"])
        boards = {name: json.loads(text) for each in maps for name, text in each["data"].items()}
        self.assertEqual(boards, {f"lossd-{path.name}": json.loads(path.read_text()) for path in (DEPLOY / "grafana" / "dashboards").glob("*.json")})

    def test_inhibitions_and_dashboards_are_those_that_ship(self):
        objects = self.render(RECIPES["monitoring"])[0]
        shipped = yaml.safe_load((DEPLOY / "prometheus" / "alertmanager.yml").read_text())["inhibit_rules"]
        written = lambda matchers: [f'{each["name"]}{each["matchType"]}"{each["value"]}"' for each in matchers]
        rules = [{"source_matchers": written(rule["sourceMatch"]), "target_matchers": written(rule["targetMatch"]), "equal": rule["equal"]}
                 for rule in self.one(objects, "AlertmanagerConfig")["spec"]["inhibitRules"]]
        self.assertEqual(rules, shipped)
        boards = {name: json.loads(text) for each in objects if each["kind"] == "ConfigMap" for name, text in each["data"].items() if name.endswith(".json")}
        self.assertEqual(boards, {f"lossd-{path.name}": json.loads(path.read_text()) for path in (DEPLOY / "grafana" / "dashboards").glob("*.json")})

    def test_labels_of_pods_reach_every_monitor(self):
        for each in self.render(RECIPES["monitoring"])[0]:
            if each["kind"] in ("PodMonitor", "ServiceMonitor"):
                self.assertEqual(each["spec"]["podTargetLabels"], ["team"])
                self.assertEqual(each["metadata"]["labels"]["release"], "kube-prometheus-stack")

    def test_the_version_is_that_of_the_program(self):
        version = re.search(r"project\(lossd VERSION ([\d.]+)", (testing.ROOT / "CMakeLists.txt").read_text()).group(1)
        about = yaml.safe_load((CHART / "Chart.yaml").read_text())
        self.assertEqual((about["version"], about["appVersion"]), (version, version))
        pod = self.one(self.render({})[0], "DaemonSet")["spec"]["template"]["spec"]
        self.assertEqual(pod["containers"][0]["image"], f"lossd:{version}")


if __name__ == "__main__":
    testing.main()
