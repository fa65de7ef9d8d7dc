"""Every recipe of the chart and every kustomization is taken by a real API server and by kubeconform, as the pages say to install them."""

import copy
import json
import shlex

import yaml

from api_server import ApiServer, operator_definitions, program
from deployed_metrics import DEPLOY
from kubernetes_test import CHART, KUBERNETES, RECIPES, VARIANTS
from operations_page_test import snippets
from support import testing

HOST_PATH = 'would violate PodSecurity "restricted:latest": restricted volume types (volume "pod-logs" uses restricted volume type "hostPath")'
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}


def namespace(name, labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pods(objects):
    """The pods that the objects would make, as objects of their own."""
    for each in objects:
        template = each.get("spec", {}).get("template")
        if template:
            made = copy.deepcopy(template)
            metadata = {**made.get("metadata", {}), "name": each["metadata"]["name"], "namespace": each["metadata"]["namespace"]}
            spec = made["spec"]
            # What the controllers would set.
            spec.pop("restartPolicy") if spec.get("restartPolicy") == "Always" else None
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


class OnAServer(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ApiServer()
        cls.addClassCleanup(cls.server.end)
        made = cls.server.kubectl("apply", "--server-side", "-f", operator_definitions())
        assert made.returncode == 0, made.stderr
        cls.server.kubectl("wait", "--for=condition=Established", "--timeout=300s", "crd", "--all", check=True)
        cls.schemas = cls.server.schemas(cls.server.folder / "schemas")
        print("Kubernetes", json.loads(cls.server.kubectl("get", "--raw=/version", check=True).stdout)["gitVersion"])

    def dry_run(self, objects):
        """What the server says to the objects: its warnings, of which the shipped level of Pod Security makes some."""
        manifest = self.write("objects.yaml", yaml.safe_dump_all(objects))
        done = self.server.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", manifest)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), len(objects), done.stdout)
        return done.stderr.strip()

    def conforms(self, objects):
        manifest = self.write("objects.yaml", yaml.safe_dump_all(objects))
        done = testing.run(program("github.com/yannh/kubeconform/cmd/kubeconform"), "-strict", "-summary", "-output", "json", "-schema-location",
                           self.schemas, manifest)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["summary"], {"valid": len(objects), "invalid": 0, "errors": 0, "skipped": 0})

    def judged(self, objects, name):
        """In a namespace that enforces what the recipe can meet: the objects, and the pods that come of them."""
        node = any(each["kind"] == "DaemonSet" for each in objects)
        level = {**RESTRICTED, **({"pod-security.kubernetes.io/enforce": "privileged"} if node else {})}
        there = self.server.kubectl("apply", "-f", self.write("namespace.yaml", yaml.safe_dump(namespace(name, level))))
        self.assertEqual(there.returncode, 0, there.stderr)
        objects = [each for each in objects if each["kind"] != "Namespace"]
        for each in objects:
            each["metadata"].setdefault("namespace", name)
        self.conforms(objects)
        warned = set(self.dry_run(objects).splitlines())
        made = list(pods(objects))
        if made:
            warned |= set(self.dry_run(made).splitlines())
        self.assertEqual(warned, {f"Warning: {HOST_PATH}"} if node else set())
        return len(objects), len(made)

    def test_what_is_wrong_is_refused(self):
        service = yaml.safe_load((KUBERNETES / "gateway/service.yaml").read_text())
        service["spec"]["ports"][0]["targetPrt"] = 1
        manifest = self.write("service.yaml", yaml.safe_dump(service))
        refused = self.server.kubectl("apply", "--server-side", "--dry-run=server", "-n", "default", "-f", manifest)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("targetPrt", refused.stderr)
        with self.assertRaisesRegex(AssertionError, "targetPrt"):
            self.conforms([service])
        privileged = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "strict"},
                      "spec": {"containers": [{"name": "c", "image": "i"}]}}
        self.server.kubectl("apply", "-f", self.write("strict.yaml", yaml.safe_dump(namespace("strict", RESTRICTED))), check=True)
        with self.assertRaisesRegex(AssertionError, "violates PodSecurity"):
            self.dry_run([privileged])

    def test_every_kustomization_is_taken(self):
        for variant in VARIANTS:
            with self.subTest(variant):
                built = self.server.kubectl("kustomize", KUBERNETES / variant, check=True).stdout
                objects = list(yaml.safe_load_all(built))
                where = next((each["metadata"]["name"] for each in objects if each["kind"] == "Namespace"), "monitoring")
                print(variant, "objects and pods:", *self.judged(objects, where))

    def test_every_recipe_of_the_chart_is_taken(self):
        for number, (name, values) in enumerate(RECIPES.items()):
            with self.subTest(name):
                space = f"recipe-{number}"
                rendered = testing.run(self.server.helm_program, "template", "lossd", CHART, "--validate", "--namespace", space, "--values",
                                       self.write("values.yaml", yaml.safe_dump(values)), env=self.server.environment())
                self.assertEqual(rendered.returncode, 0, rendered.stderr)
                objects = [each for each in yaml.safe_load_all(rendered.stdout) if each]
                print(name, "objects and pods:", *self.judged(objects, space))

    def test_the_commands_of_the_pages_work_as_written(self):
        self.server.kubectl("create", "namespace", "monitoring", check=False)
        pages = (testing.ROOT / "README.md", KUBERNETES / "README.md")
        lines = [line for page in pages for snippet in snippets(page, "sh") for line in snippet.splitlines() if line.startswith(("helm ", "kubectl "))]
        self.assertGreaterEqual(len(lines), 8)
        for line in lines:
            with self.subTest(line):
                done = testing.run(*shlex.split(line), cwd=testing.ROOT, env=self.server.environment())
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    testing.main()
