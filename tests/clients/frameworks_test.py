"""The callbacks of deploy/python in real frameworks, which report their losses by themselves as well: both say the same."""

import json
import os
import struct

from support import testing
from support.lossd_daemon import Lossd
from support.python_clients import interpreter_with_torch, large_interpreter, run_script

# The newest that take PyTorch 1.13, which Debian 12 has; it calls itself 1.13.0a0, and Lightning asks for no less than 1.13.0.
TORCH = ("transformers==4.46.3", "accelerate==1.1.1", "tensorboard", "lightning-utilities", "torchmetrics==1.5.2", "setuptools<81")
ALONE = ("lightning==2.2.5",)
KERAS = ("keras", "jax")
QUIET = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu",
         "WANDB_DISABLED": "true", "PYTHONPATH": str(testing.ROOT / "deploy/python")}

HUGGING_FACE = """
import json, sys, torch, lossd
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainingArguments
class Model(PreTrainedModel):
    config_class = PretrainedConfig
    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Linear(4, 2)
        self.post_init()
    def forward(self, x=None, labels=None):
        logits = self.layer(x)
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}
torch.manual_seed(1)
rows = [{"x": torch.randn(4), "labels": int(i % 2)} for i in range(80)]
arguments = TrainingArguments(output_dir=sys.argv[1], per_device_train_batch_size=8, num_train_epochs=2, logging_steps=1, eval_strategy="steps",
                              eval_steps=5, save_strategy="no", report_to=[], disable_tqdm=True, use_cpu=True)
trainer = Trainer(Model(PretrainedConfig()), arguments, train_dataset=rows, eval_dataset=rows[:16], callbacks=[lossd.HuggingFaceCallback("huggingface")])
trainer.train()
history = trainer.state.log_history
print("RESULT" + json.dumps({"train": [row["loss"] for row in history if "loss" in row], "eval": [row["eval_loss"] for row in history if "eval_loss" in row],
                             "lr": [row["learning_rate"] for row in history if "loss" in row][-1], "step": trainer.state.global_step}))
"""
# PyTorch 1.13 has parts for many machines that Python 3.11 does not take: to Lightning it is a PyTorch that was built without them.
ONE_MACHINE = """
import torch.distributed
torch.distributed.is_available = lambda: False
"""
LIGHTNING = ONE_MACHINE + """
import json, sys, torch, lossd
import lightning.pytorch as pl
seen, validated = [], []
class Module(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
    def training_step(self, batch, index):
        loss = (self.layer(batch[0]) ** 2).mean()
        seen.append(loss.item())
        return loss
    def validation_step(self, batch, index):
        self.log("val_loss", (self.layer(batch[0]) ** 2).mean())
    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            validated.append(float(self.trainer.callback_metrics["val_loss"]))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.125)
torch.manual_seed(1)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4)), batch_size=8)
trainer = pl.Trainer(max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
                     log_every_n_steps=1, callbacks=[lossd.LightningCallback("lightning")], default_root_dir=sys.argv[1])
trainer.fit(Module(), data, data)
print("RESULT" + json.dumps({"train": seen, "eval": validated, "lr": 0.125, "step": trainer.global_step}))
"""
KERAS_SCRIPT = """
import json, numpy, keras, lossd
keras.utils.set_random_seed(1)
class Seen(keras.callbacks.Callback):
    train, eval = [], []
    def on_train_batch_end(self, batch, logs=None):
        self.train.append(float(logs["loss"]))
    def on_epoch_end(self, epoch, logs=None):
        self.eval.append(float(logs["val_loss"]))
x = numpy.random.default_rng(1).normal(size=(64, 4)).astype("float32")
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.125), "mse")
model.fit(x, x[:, :1], batch_size=8, epochs=3, verbose=0, validation_data=(x, x[:, :1]), callbacks=[Seen(), lossd.KerasCallback("keras", every=1)])
print("RESULT" + json.dumps({"train": Seen.train, "eval": Seen.eval, "lr": 0.125, "step": len(Seen.train)}))
"""
FAILING = ONE_MACHINE + """
import lossd
from lightning.pytorch import LightningModule, Trainer
import torch
class Module(LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def training_step(self, batch, index):
        if index == 2:
            raise KeyError("broken")
        return self.layer(batch[0]).mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(8, 1)), batch_size=1)
try:
    Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            log_every_n_steps=1, callbacks=[lossd.LightningCallback("failing")]).fit(Module(), data)
except KeyError:
    print("RESULT{}")
"""
SUMMARY_WRITER = """
import json, math, sys
from torch.utils.tensorboard import SummaryWriter
values = json.loads(sys.argv[2])
writer = SummaryWriter(sys.argv[1])
for step, text in enumerate(values):
    writer.add_scalar("train/loss", float(text), step)
    writer.add_scalar("new/loss", float(text), step, new_style=True)
    writer.add_scalar("double/loss", float(text), step, new_style=True, double_precision=True)
    writer.flush()
writer.close()
print("RESULT{}")
"""


class Frameworks(testing.TestCase):
    def train(self, script, *arguments, url=None, python=None):
        python = python or interpreter_with_torch(*TORCH, alone=ALONE)
        self.lossd = Lossd(self)
        output = run_script(self, python, script, *arguments, environment={**QUIET, "LOSSD_URL": url or f"http://{self.lossd.address}"}, timeout=600)
        return json.loads(output[output.index("RESULT") + 6:])

    def check(self, job, result):
        scrape = self.lossd.scrape()
        for series in ("train", "eval"):
            value = lambda name: scrape.value(name, training_job=job, loss=series)
            self.assertEqual(value("training_loss_samples_total"), len(result[series]), series)
            self.assertEqual(value("training_loss"), result[series][-1], series)
            self.assertEqual(value("training_loss_best"), min(result[series]), series)
        self.assertEqual(scrape.value("training_step", training_job=job), result["step"])
        self.assertEqual(scrape.value("training_learning_rate", training_job=job), result["lr"])
        self.assertEqual(scrape.value("training_job_state", training_job=job, state="ended"), 1)

    def test_hugging_face(self):
        result = self.train(HUGGING_FACE, self.folder / "out")
        self.assertEqual(len(result["train"]), 20)
        self.check("huggingface", result)

    def test_lightning(self):
        self.check("lightning", self.train(LIGHTNING, self.folder))

    def test_lightning_that_fails(self):
        self.train(FAILING)
        scrape = self.lossd.scrape()
        self.assertEqual(scrape.value("training_job_state", training_job="failing", state="failed"), 1)

    def test_keras(self):
        self.check("keras", self.train(KERAS_SCRIPT, python=large_interpreter(*KERAS)))

    def test_training_is_the_same_without_lossd(self):
        with_it = self.train(LIGHTNING, self.folder)
        self.assertEqual(self.train(LIGHTNING, self.folder, url="http://127.0.0.1:1"), with_it)

    def test_pytorchs_summary_writer(self):
        texts = ["2.5", "0.30000000000000004", "1e-45", "nan", "inf", "-inf", "0.1"]
        single = lambda value: struct.unpack("f", struct.pack("f", value))[0]
        self.train(SUMMARY_WRITER, self.folder / "runs" / "torch", json.dumps(texts))
        lossd = Lossd(self, self.folder / "runs" / "**" / "events.out.tfevents.*")
        scrape = lossd.wait_for_samples("torch", len(texts))
        for series, last in (("train", single(0.1)), ("new/loss", single(0.1)), ("double/loss", 0.1)):
            value = lambda name, **labels: scrape.value(name, training_job="torch", loss=series, **labels)
            self.assertEqual(value("training_loss_samples_total"), len(texts), series)
            self.assertEqual(value("training_loss"), last, series)
            self.assertEqual(value("training_loss_best"), single(1e-45) if series != "double/loss" else 1e-45, series)
            self.assertEqual([value("training_loss_nonfinite_total", kind=kind) for kind in ("nan", "+inf", "-inf")], [1, 1, 1], series)


if __name__ == "__main__":
    testing.main()
