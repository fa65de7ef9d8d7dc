"""Sends a training run's losses to lossd. Standard library only; never slows or stops training: see README.md beside this file."""

import atexit
import collections
import json
import logging
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

__version__ = "0.1.0"
__all__ = ["Run", "run", "HuggingFaceCallback", "LightningCallback", "KerasCallback"]

_log = logging.getLogger("lossd")


def _default_job():
    named = os.environ.get("LOSSD_JOB_NAME") or os.environ.get("SLURM_JOB_NAME")
    script = os.path.basename(sys.argv[0] if sys.argv else "")
    return named or os.path.splitext(script)[0] or "python"


def _is_first_rank():
    for name in ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"):
        if os.environ.get(name):
            return os.environ[name] == "0"
    return True


def _end_of(kind):
    """What is told of the end of a run, by the class of the exception that ended it; None: by itself."""
    if kind is None:
        return "ended", ""
    # Failures that lossd knows by a name of its own.
    names = {"KeyboardInterrupt": "interrupted", "MemoryError": "out_of_memory", "OutOfMemoryError": "cuda_out_of_memory"}
    return "failed", names.get(kind.__name__, kind.__name__)


def _number(value):
    """A float of anything that is one: a tensor, an array of one element, a numpy number. None of anything else."""
    try:
        return float(value)
    except Exception:  # whatever an object of a framework raises must not reach the training loop
        return None


class Run:
    """One training job. `log` and `finish` may be called from any thread; neither raises."""

    def __init__(self, training_job=None, url=None, token=None, labels=None, keep=10000, interval=1.0, timeout=5.0):
        self.training_job = training_job or _default_job()
        self.dropped = 0  # samples that could not be kept until lossd could be reached
        self._url = (url or os.environ.get("LOSSD_URL") or "http://localhost:10333").rstrip("/")
        self._token = token or os.environ.get("LOSSD_TOKEN")
        self._labels = dict(labels or {})
        self._interval, self._timeout = interval, timeout
        self._queue = collections.deque(maxlen=keep)
        self._wake = threading.Condition()
        self._end = None  # what is to be told of the end, once there is one
        self._pid = os.getpid()
        self._thread = None
        self._warned = False
        if _is_first_rank():
            self._thread = threading.Thread(target=self._work, name="lossd", daemon=True)
            self._thread.start()
            atexit.register(self._at_exit)

    def log(self, step=None, loss=None, epoch=None, lr=None, grad_norm=None, **losses):
        """One sample: `loss` of training, and any other losses by their names (`eval=0.4`)."""
        if not self._works() or self._end is not None:
            return
        values = {name: _number(value) for name, value in losses.items()}
        if loss is not None:
            values["train"] = _number(loss)
        sample = {"training_job": self.training_job, "timestamp": time.time(),
                  "losses": {name: value for name, value in values.items() if value is not None}}
        if not sample["losses"]:
            return
        for name, value in (("epoch", _number(epoch)), ("lr", _number(lr)), ("grad_norm", _number(grad_norm))):
            if value is not None:
                sample[name] = value
        if step is not None:
            try:
                sample["step"] = int(step)
            except Exception:
                pass
        if self._labels:
            sample["labels"] = self._labels
        with self._wake:
            self.dropped += len(self._queue) == self._queue.maxlen
            self._queue.append(sample)

    def finish(self, state="ended", reason="", wait=5.0):
        """The run is over: `ended` or `failed`. Waits until that is told, `wait` seconds at most."""
        if not self._works():
            return
        with self._wake:
            if self._end is None:
                self._end = {"state": state, "reason": reason}
            self._wake.notify()
        self._thread.join(wait)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.finish(*_end_of(kind))
        return False

    def _works(self):
        return self._thread is not None and self._pid == os.getpid()  # a forked worker has no thread

    def _at_exit(self):
        if self._works() and self._end is None:
            self.finish(*_end_of(getattr(sys, "last_type", None)), wait=2.0)

    def _work(self):
        pause = self._interval
        while True:
            with self._wake:
                if self._end is None:
                    self._wake.wait(pause)
                ending = self._end is not None
                batch = list(self._queue)[:1000]
            sent = not batch or self._post("/api/v1/samples", "\n".join(map(json.dumps, batch)), "application/x-ndjson")
            if batch and sent:
                with self._wake:  # those that had to make room meanwhile are gone already
                    for sample in batch:
                        if self._queue and self._queue[0] is sample:
                            self._queue.popleft()
            pause = 0 if sent and self._queue else self._interval if sent else min(max(pause, self._interval) * 2, 30.0)
            if ending and (not sent or not self._queue):
                if sent:
                    job = urllib.parse.quote(self.training_job, safe="")
                    self._post(f"/api/v1/jobs/{job}/finish", json.dumps(self._end), "application/json")
                return

    def _post(self, path, body, kind):
        """Whether there is nothing more to be done about it."""
        headers = {"Content-Type": kind}
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        try:
            request = urllib.request.Request(self._url + path, body.encode(), headers, method="POST")
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                answer.read()
            self._warned = False
            return True
        except urllib.error.HTTPError as error:
            self._warn(error)
            return error.code < 500 and error.code != 429  # what is refused once would be refused again
        except Exception as error:
            self._warn(error)
            return False

    def _warn(self, error):
        if not self._warned:
            self._warned = True
            _log.warning("lossd at %s: %s", self._url, error)


run = Run


def _hugging_face():
    import transformers

    class HuggingFaceCallback(transformers.TrainerCallback):
        """For transformers.Trainer: everything that it logs as a loss."""

        def __init__(self, training_job=None, **options):
            self._arguments, self._run = (training_job, options), None

        def on_train_begin(self, args, state, control, **_):
            if state.is_world_process_zero and self._run is None:
                job, options = self._arguments
                self._run = Run(job or getattr(args, "run_name", None), **options)

        def on_log(self, args, state, control, logs=None, **_):
            if self._run is None or not logs:
                return
            losses = {name[:-5]: value for name, value in logs.items() if name.endswith("_loss") and name != "train_loss"}
            self._run.log(step=state.global_step, loss=logs.get("loss"), epoch=logs.get("epoch", state.epoch),
                          lr=logs.get("learning_rate"), grad_norm=logs.get("grad_norm"), **losses)

        def on_train_end(self, args, state, control, **_):
            if self._run is not None:
                self._run.finish()
                self._run = None

    return HuggingFaceCallback


def _lightning():
    try:
        from lightning.pytorch.callbacks import Callback
    except ImportError:
        from pytorch_lightning.callbacks import Callback

    class LightningCallback(Callback):
        """For Lightning: every metric that is called a loss, as the logger of the trainer would get it."""

        def __init__(self, training_job=None, **options):
            self._arguments, self._run = (training_job, options), None

        def on_fit_start(self, trainer, module):
            if trainer.is_global_zero and self._run is None:
                job, options = self._arguments
                self._run = Run(job, **options)

        def on_train_batch_end(self, trainer, module, outputs, batch, batch_index):
            if self._run is None or trainer.global_step % max(1, trainer.log_every_n_steps):
                return
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            rates = [group["lr"] for optimizer in trainer.optimizers for group in optimizer.param_groups]
            self._run.log(step=trainer.global_step, loss=loss, epoch=trainer.current_epoch, lr=rates[0] if rates else None)

        def on_validation_end(self, trainer, module):
            if self._run is None or trainer.sanity_checking:
                return
            for name in ("val_loss", "val/loss", "valid_loss", "eval_loss"):
                if name in trainer.callback_metrics:
                    self._run.log(step=trainer.global_step, epoch=trainer.current_epoch, eval=trainer.callback_metrics[name])
                    return

        def on_fit_end(self, trainer, module):
            self._finish("ended", "")

        def on_exception(self, trainer, module, exception):
            self._finish(*_end_of(type(exception)))

        def _finish(self, state, reason):
            if self._run is not None:
                self._run.finish(state, reason)
                self._run = None

    return LightningCallback


def _keras():
    try:
        import keras
    except ImportError:
        from tensorflow import keras

    class KerasCallback(keras.callbacks.Callback):
        """For Keras: the loss as each batch leaves it (an average over the epoch so far), and that of each validation."""

        def __init__(self, training_job=None, every=10, **options):
            super().__init__()
            self._arguments, self._every, self._run = (training_job, options), max(1, every), None
            self._step = self._epoch = 0

        def on_train_begin(self, logs=None):
            job, options = self._arguments
            self._run = self._run or Run(job, **options)

        def on_epoch_begin(self, epoch, logs=None):
            self._epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            self._step += 1
            if self._run and logs and self._step % self._every == 0:
                self._run.log(step=self._step, loss=logs.get("loss"), epoch=self._epoch, lr=self._rate())

        def on_epoch_end(self, epoch, logs=None):
            if self._run and logs and "val_loss" in logs:
                self._run.log(step=self._step, eval=logs["val_loss"], epoch=epoch + 1)

        def on_train_end(self, logs=None):
            if self._run:
                self._run.finish()
                self._run = None

        def _rate(self):
            try:
                return float(self.model.optimizer.learning_rate)
            except Exception:  # a schedule, in some versions
                return None

    return KerasCallback


_FRAMEWORKS = {"HuggingFaceCallback": _hugging_face, "LightningCallback": _lightning, "KerasCallback": _keras}


def __getattr__(name):
    """The callbacks are made when they are asked for: each needs its framework, this file needs none."""
    if name not in _FRAMEWORKS:
        raise AttributeError(f"module 'lossd' has no attribute {name!r}")
    globals()[name] = _FRAMEWORKS[name]()
    return globals()[name]
