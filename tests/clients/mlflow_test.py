"""An unmodified script of MLflow's runs to its end with MLFLOW_TRACKING_URI at lossd."""

import math

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter, run_script

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
        self.assertEqual(scrape.series("training_loss", training_job="forgotten"), [])

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


if __name__ == "__main__":
    testing.main()
