"""Kubernetes' own API server over Debian's etcd, run by a test: its own folder, free ports of loopback, nobody's cluster.

It admits, defaults and validates as in a cluster; nothing runs there, for no controller and no kubelet does. Built from Kubernetes'
Go module, as are kubectl, helm and kubeconform: eight minutes of one core the first time, seconds from Go's cache.
"""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

import go_program
from support import testing
from support.ports import free_port

HERE = pathlib.Path(__file__).resolve().parent
BUILD_SECONDS = 3600


def required(module, of="kubernetes_programs"):
    """The version of a module that the go.mod of one of the modules here fixes."""
    return re.search(rf"{module} (v\S+)", (HERE / of / "go.mod").read_text()).group(1)


def program(package):
    # Kubernetes learns its version from the linker; without one it calls itself 0.0.0.
    version = required("k8s.io/kubernetes")
    return go_program.build("kubernetes_programs", package, f"-X k8s.io/component-base/version.gitVersion={version}", BUILD_SECONDS)


def operator_definitions():
    """The folder of the Prometheus operator's CustomResourceDefinitions, of the version whose types the other tests know."""
    module = "github.com/prometheus-operator/prometheus-operator"
    version = required(f"{module}/pkg/apis/monitoring", of="kubernetes_check")
    return go_program.fetch(f"{module}@{version}") / "example/prometheus-operator-crd"


class ApiServer:
    def __init__(self):
        etcd, server = testing.find_program("etcd"), program("k8s.io/kubernetes/cmd/kube-apiserver")
        self.kubectl_program, self.helm_program = program("k8s.io/kubernetes/cmd/kubectl"), program("helm.sh/helm/v3/cmd/helm")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lossd-test-"))
        self._processes = []
        try:
            self._start(etcd, server)
        except BaseException:
            self.end()
            raise

    def _start(self, etcd, server):
        store, peers, port = free_port(), free_port(), free_port()
        self._run("etcd", etcd, "--data-dir", self.folder / "etcd", "--listen-client-urls", f"http://127.0.0.1:{store}", "--advertise-client-urls",
                  f"http://127.0.0.1:{store}", "--listen-peer-urls", f"http://127.0.0.1:{peers}", "--unsafe-no-fsync")
        # Service accounts are made by a controller, which does not run here.
        key, tokens = self.folder / "accounts.key", self.folder / "tokens.csv"
        testing.run("openssl", "genrsa", "-out", key, "2048", check=True)
        tokens.write_text("admin,admin,admin,system:masters\n")
        self._run("kube-apiserver", server, f"--etcd-servers=http://127.0.0.1:{store}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                  f"--secure-port={port}", f"--cert-dir={self.folder / 'certificates'}", f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
                  "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
                  "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none")
        self._config = self.folder / "config"
        self._config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(self.folder / "certificates/apiserver.crt")}}],
            "users": [{"name": "admin", "user": {"token": "admin"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}]}))
        testing.wait_until(self._ready, "the API server to be ready", 300)

    def _run(self, name, *command):
        with open(self.folder / f"{name}.log", "wb") as log:
            self._processes.append(subprocess.Popen([str(part) for part in command], cwd=self.folder, stdout=log, stderr=subprocess.STDOUT))

    def _ready(self):
        for process in self._processes:
            if process.poll() is not None:
                raise AssertionError("".join(path.read_text()[-2000:] for path in self.folder.glob("*.log")))
        return self.kubectl("get", "--raw=/readyz").returncode == 0

    def environment(self):
        """For kubectl and helm: this server, and no cache or configuration of whoever runs the test."""
        return {"PATH": f"{testing.BIN}:/usr/bin:/bin", "HOME": str(self.folder), "KUBECONFIG": str(self._config)}

    def kubectl(self, *arguments, **options):
        return testing.run(self.kubectl_program, *arguments, env=self.environment(), **options)

    def schemas(self, folder):
        """Writes the JSON Schema of every kind that the server knows, as kubeconform looks for them; that an unknown field is refused
        is added. Returns the place as kubeconform wants it."""
        folder.mkdir()
        groups = json.loads(self.kubectl("get", "--raw=/openapi/v3", check=True).stdout)["paths"]
        for group in groups:
            if not re.fullmatch(r"apis?/.*v\d\w*", group):
                continue
            components = json.loads(self.kubectl("get", f"--raw=/openapi/v3/{group}", check=True).stdout)["components"]
            for schema in components["schemas"].values():
                _close(schema)
            for name, schema in components["schemas"].items():
                for kind in schema.get("x-kubernetes-group-version-kind", []):
                    suffix = "-".join(filter(None, (kind["group"].split(".")[0], kind["version"])))
                    path = folder / f"{kind['kind']}-{suffix}.json".lower()
                    path.write_text(json.dumps({"$ref": f"#/components/schemas/{name}", "components": components}))
        return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"

    def end(self):
        for process in reversed(self._processes):
            testing.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def _close(schema):
    """Forbids the fields that an object's schema does not name, there and in every schema inside it."""
    if not isinstance(schema, dict):
        return
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    inside = [schema.get("items"), schema.get("additionalProperties"), *schema.get("properties", {}).values()]
    for each in inside + [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, [])]:
        _close(each)
