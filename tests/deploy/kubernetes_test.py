"""The kustomizations build, and every object of them is one that Kubernetes or the Prometheus operator takes."""

import re

import yaml

import go_program
from deployed_metrics import DEPLOY
from support import testing

KUBERNETES = DEPLOY / "kubernetes"
VARIANTS = ("sidecar", "node", "gateway", "monitoring")


class Kubernetes(testing.TestCase):
    def build(self, variant):
        checker = go_program.build("kubernetes_check")
        result = testing.run(checker, KUBERNETES / variant)
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(yaml.safe_load_all(result.stdout)), result.stderr

    def one(self, objects, kind):
        found = [each for each in objects if each["kind"] == kind]
        self.assertEqual(len(found), 1, kind)
        return found[0]

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
                         'lossd: not restricted: restricted volume types (volume "pod-logs" uses restricted volume type "hostPath")')
        pod = self.one(objects, "DaemonSet")["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        self.assertTrue(all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["name"] == "pod-logs"))
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])

    def test_the_node_configuration_is_one_that_lossd_takes(self):
        result = testing.run(testing.LOSSD, "check-config", KUBERNETES / "node" / "lossd.yml")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

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
        self.assertEqual(sorted(each["kind"] for each in monitors), ["PodMonitor", "PodMonitor", "PrometheusRule", "ServiceMonitor"])
        labels, ports = {}, {}
        for variant in ("sidecar", "node", "gateway"):
            for each in self.build(variant)[0]:
                if each["kind"] in ("Job", "DaemonSet"):
                    template = each["spec"]["template"]
                    pod = template["spec"]
                    labels[variant] = template["metadata"]["labels"]
                    ports[variant] = {port["name"] for c in pod.get("initContainers", []) + pod["containers"] for port in c.get("ports", [])}
                elif each["kind"] == "Service":
                    labels[variant] = each["metadata"]["labels"]
                    ports[variant] = {port["name"] for port in each["spec"]["ports"]}
        for monitor in monitors:
            if monitor["kind"] == "PrometheusRule":
                continue
            variant = monitor["metadata"]["name"].removeprefix("lossd-")
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), labels[variant].items())
            for endpoint in monitor["spec"].get("podMetricsEndpoints", []) + monitor["spec"].get("endpoints", []):
                self.assertIn(endpoint["port"], ports[variant])


if __name__ == "__main__":
    testing.main()
