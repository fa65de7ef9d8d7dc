"""An unmodified script of MLflow's runs to its end with MLFLOW_TRACKING_URI at lossd, which may have a real server behind it."""

import hashlib
import json
import math
import os
import urllib.request

from support import exact_values, testing
from support.lossd_daemon import Lossd
from support.ports import free_port
from support.python_clients import interpreter, large_interpreter, run_script

PACKAGES = ("mlflow-skinny",)
SCRIPT = """
import math, mlflow
mlflow.set_experiment("curves")
with mlflow.start_run(run_name="tracked") as run:
    mlflow.log_param("depth", 3)
    mlflow.log_params({"width": 64, "act": "gelu"})
    mlflow.set_tag("team", "vision")
    for step in range(30):
        mlflow.log_metric("lr", 1e-3, step=step)
        mlflow.log_metrics({"train_loss": math.exp(-step / 7) + 0.1, "accuracy": step / 30}, step=step)
        if step % 10 == 0:
            mlflow.log_metric("val_loss", 2.0 - step / 100, step=step)
    mlflow.log_metric("train_loss", float("nan"), step=30)
client = mlflow.MlflowClient()
data = client.get_run(run.info.run_id)
assert data.info.status == "FINISHED" and data.info.run_name == "tracked", data.info
assert data.data.params == {"depth": "3", "width": "64", "act": "gelu"}, data.data.params
assert data.data.tags["team"] == "vision"
assert math.isnan(data.data.metrics["train_loss"]) and data.data.metrics["accuracy"] == 29 / 30
found = client.search_runs([run.info.experiment_id], "tags.team = 'vision' and params.depth = '3'")
assert [each.info.run_id for each in found] == [run.info.run_id]
assert not client.search_runs([run.info.experiment_id], "tags.team != 'vision'")
assert mlflow.set_experiment("curves").experiment_id == run.info.experiment_id
assert [each.name for each in client.search_experiments()][:2] and client.get_experiment_by_name("none") is None
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("resumed", "yes")
try:
    with mlflow.start_run(run_name="broken"):
        for _ in range(3):
            mlflow.log_metric("loss", 1.5 + _)  # without a step
        raise KeyError("out of memory")
except KeyError:
    pass
other = client.create_run(run.info.experiment_id, run_name="forgotten")
client.log_metric(other.info.run_id, "loss", 3.5)
client.delete_run(other.info.run_id)
"""

EXACT = """
import sys, mlflow
for i, text in enumerate(sys.argv[1:]):
    with mlflow.start_run(run_name=f"exact-{i}"):
        mlflow.log_metric("loss", float(text), step=1)
    with mlflow.start_run(run_name=f"batch-{i}"):
        mlflow.log_metrics({"loss": float(text), "accuracy": 0.5}, step=1)
"""
SCIKIT_LEARN = """
import hashlib, json, mlflow, numpy, os, sys
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("fits")
mlflow.sklearn.autolog()
rows = numpy.random.default_rng(1).normal(size=(200, 4))
with mlflow.start_run(run_name="logistic") as run:
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    with open("large.bin", "wb") as file:
        file.write(bytes(range(256)) * 200_000)
    mlflow.log_artifact("large.bin", "weights")
    kept = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="weights/large.bin", dst_path="back")
    assert open(kept, "rb").read() == open("large.bin", "rb").read()
data = mlflow.get_run(run.info.run_id).data
assert data.params["C"] == "1.0" and data.tags["estimator_name"] == "LogisticRegression", data
loaded = mlflow.sklearn.load_model(mlflow.search_logged_models(output_format="list")[0].model_uri)
assert (loaded.predict(rows) == model.predict(rows)).all()
print(json.dumps({"loss": data.metrics["training_log_loss"], "artifact": run.info.artifact_uri}))
"""
FAILING = """
import mlflow
try:
    mlflow.set_experiment("curves")
except Exception as error:
    print(type(error).__module__, type(error).__name__, str(error).partition(" with exception ")[1:2])
"""


class Tracking(testing.TestCase):
    def test_a_script_runs_to_its_end_and_its_losses_arrive(self):
        python = interpreter(*PACKAGES)
        lossd = Lossd(self)
        run_script(self, python, SCRIPT, environment={"MLFLOW_TRACKING_URI": f"http://{lossd.address}",
                                                      "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"})
        scrape = lossd.scrape()
        value = lambda name, **labels: scrape.value(name, **{"training_job": "tracked", **labels})
        self.assertEqual(value("training_loss_samples_total", loss="train"), 31)
        self.assertEqual(value("training_loss_best", loss="train"), math.exp(-29 / 7) + 0.1)
        self.assertEqual(value("training_loss_nonfinite_total", loss="train", kind="nan"), 1)
        self.assertEqual(value("training_loss_samples_total", loss="eval"), 3)
        self.assertEqual(value("training_loss", loss="eval"), 1.8)
        self.assertIn(value("training_step"), (29, 30))  # the loss of the last step is NaN
        self.assertEqual(value("training_learning_rate"), 1e-3)
        labels = scrape.series("training_loss", training_job="tracked")[0].labels
        self.assertEqual(labels["experiment"], "curves")
        self.assertEqual(scrape.value("training_loss", training_job="broken"), 3.5)
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="broken"), 3)
        self.assertEqual(scrape.value("training_job_state", training_job="broken", state="failed"), 1)
        self.assertEqual(scrape.series("training_loss", training_job="forgotten"), [])

    def test_every_double_arrives_to_the_bit(self):
        lossd = Lossd(self)
        run_script(self, interpreter(*PACKAGES), EXACT, *exact_values.TEXTS, environment={"MLFLOW_TRACKING_URI": f"http://{lossd.address}"})
        scrape = lossd.scrape()
        exact_values.check(self, scrape)
        exact_values.check(self, scrape, "batch-{}")

    def test_what_is_wrong_is_said_as_mlflow_says_it(self):
        lossd = Lossd(self)
        for method, path, body, status, code in (
                ("POST", "runs/log-metric", "{", 400, "BAD_REQUEST"),
                ("POST", "runs/log-metric", {"run_id": "none", "key": "loss", "value": 1}, 404, "RESOURCE_DOES_NOT_EXIST"),
                ("POST", "runs/create", {"experiment_id": "77"}, 404, "RESOURCE_DOES_NOT_EXIST"),
                ("POST", "experiments/create", {"name": "Default"}, 400, "RESOURCE_ALREADY_EXISTS"),
                ("POST", "runs/search", {"experiment_ids": ["0"], "filter": "metrics.loss > 3"}, 400, "INVALID_PARAMETER_VALUE"),
                ("GET", "experiments/get-by-name?experiment_name=a%20b", None, 404, "RESOURCE_DOES_NOT_EXIST"),
                ("GET", "no/such/call", None, 404, "ENDPOINT_NOT_FOUND")):
            answer = lossd.request(method, f"/api/2.0/mlflow/{path}", body)
            self.assertEqual((answer.status, answer.json["error_code"]), (status, code), path)


class Upstream(testing.TestCase):
    """A real server behind lossd: the client gets from it whatever it would get without lossd."""

    def start_server(self):
        python = large_interpreter("mlflow", "scikit-learn")
        address = f"127.0.0.1:{free_port()}"
        with open(self.folder / "server.log", "wb") as log:
            self.server = self.start(python, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{self.folder}/mlflow.db", "--artifacts-destination",
                                     self.folder / "artifacts", "--host", "127.0.0.1", "--port", address.split(":")[1], "--workers", "1",
                                     stdout=log, stderr=log, cwd=self.folder, env={**os.environ, "PYTHONPATH": ""})
        testing.wait_until(lambda: urllib.request.urlopen(f"http://{address}/health", timeout=5).status == 200, "MLflow's server", 180)
        return python, address

    def start_lossd(self, upstream):
        return Lossd(self, "--config.file", self.write("lossd.yml", f"mlflow: {{upstream: {{url: 'http://{upstream}'}}}}\n"))

    def run_client(self, python, script, address, *arguments):
        return run_script(self, python, script, *arguments, timeout=300, environment={
            "MLFLOW_TRACKING_URI": f"http://{address}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"})

    def test_a_script_runs_to_its_end_and_its_losses_arrive(self):
        python, server = self.start_server()
        lossd = self.start_lossd(server)
        self.run_client(python, SCRIPT, lossd.address)
        scrape = lossd.scrape()
        value = lambda name, **labels: scrape.value(name, **{"training_job": "tracked", **labels})
        self.assertEqual(value("training_loss_samples_total", loss="train"), 31)
        self.assertEqual(value("training_loss_best", loss="train"), math.exp(-29 / 7) + 0.1)
        self.assertEqual(scrape.series("training_loss", training_job="tracked")[0].labels["experiment"], "curves")
        self.assertEqual(value("training_job_state", state="ended"), 1)
        self.assertEqual(scrape.value("training_loss_samples_total", training_job="broken"), 3)
        self.assertEqual(scrape.value("training_job_state", training_job="broken", state="failed"), 1)
        self.assertEqual(scrape.series("training_loss", training_job="forgotten"), [])
        # What is not finite a server with a database does not take.
        self.run_client(python, EXACT, lossd.address, *map(repr, exact_values.FINITE))
        exact_values.check(self, lossd.scrape(), values=exact_values.FINITE)
        # What the server has is there without lossd as well, and the small client is served as the large one is.
        self.run_client(interpreter(*PACKAGES), SCRIPT.replace('"curves"', '"others"'), lossd.address)
        self.assertEqual(lossd.stop(), 0)
        self.run_client(python, 'import mlflow\nassert len(mlflow.search_runs(experiment_names=["curves"])) == 2\n', server)

    def test_scikit_learn_logs_by_itself(self):
        python, server = self.start_server()
        lossd = self.start_lossd(server)
        loss = json.loads(self.run_client(python, SCIKIT_LEARN, lossd.address).splitlines()[-1])
        self.assertTrue(loss["artifact"].startswith("mlflow-artifacts:"), loss)
        self.assertEqual([sample.value for sample in lossd.scrape().series("training_loss", training_job="logistic")], [loss["loss"]])
        kept = list((self.folder / "artifacts").rglob("large.bin"))
        self.assertEqual(hashlib.sha256(kept[0].read_bytes()).digest(), hashlib.sha256(bytes(range(256)) * 200_000).digest())

    def test_scikit_learn_without_a_server(self):
        python = large_interpreter("mlflow", "scikit-learn")
        lossd = Lossd(self)
        loss = json.loads(self.run_client(python, SCIKIT_LEARN, lossd.address).splitlines()[-1])
        self.assertEqual([sample.value for sample in lossd.scrape().series("training_loss", training_job="logistic")], [loss["loss"]])

    def test_a_server_that_is_gone_fails_as_it_does_without_lossd(self):
        python = interpreter(*PACKAGES)
        gone = f"127.0.0.1:{free_port()}"
        without = self.run_client(python, FAILING, gone)
        self.assertIn("MlflowException", without)
        self.assertEqual(self.run_client(python, FAILING, self.start_lossd(gone).address), without)


if __name__ == "__main__":
    testing.main()
