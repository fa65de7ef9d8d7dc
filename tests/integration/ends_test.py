"""Ways in which a run can end, each by a real process: what is normal, what is not, and why."""

import os
import shutil
import signal
import subprocess
import sys

from support import testing
from support.lossd_daemon import Lossd

# Writes its losses into a log that it holds open, or to its output, then what it has to say in the end, and ends as it is told.
RUN = """
import json, os, signal, sys, time
plan = json.load(open(sys.argv[1]))
log = open(plan["log"], "a", buffering=1) if plan["log"] else sys.stdout
for line in plan["lines"]:
    print(line, file=log, flush=True)
while plan["log"] and not os.path.exists(plan["go"]):
    time.sleep(0.02)
print(plan["last"], file=log, flush=True)
if plan["signal"]:
    os.kill(os.getpid(), plan["signal"])
sys.exit(plan["status"])
"""


def steps(count, form="step {step} loss {loss:.4f}", first=1, stride=1, total=None):
    return [form.format(step=step, loss=3 - step * 0.001, total=total) for step in range(first, first + count * stride, stride)]


PLAIN = steps(30)
TRACEBACK = 'Traceback (most recent call last):\n  File "train.py", line 10, in <module>\n    main()\n'

# name: (lines, last words, state[, reason])
FILES = {
    "hf-summary": (PLAIN, "{'train_runtime': 12.5, 'train_samples_per_second': 80.1, 'train_loss': 2.9, 'epoch': 3.0}", "ended"),
    "lightning": (PLAIN, "`Trainer.fit` stopped: `max_epochs=3` reached.", "ended"),
    "said-complete": (PLAIN, "Training completed.", "ended"),
    "keras-last-epoch": (steps(10, "Epoch {step}/10 - loss: {loss:.4f}"), "", "ended"),
    "bar-full": (steps(100, "{step}%|####| {step}/100 [00:10<00:00, 9.9it/s, loss={loss:.4f}]"), "", "ended"),
    "zero-based": (steps(50, "[step {step}/50] loss: {loss:.4f}", first=0), "", "ended"),
    "by-tens": (steps(50, "iter {step}/500 loss: {loss:.4f}", first=0, stride=10), "", "ended"),
    "ultralytics": (PLAIN, "30 epochs completed in 0.012 hours.", "ended"),
    "lightgbm": (PLAIN, "Early stopping, best iteration is:\n[21]\tvalid_0's l2: 0.2", "ended"),
    "keras-early": (PLAIN, "Epoch 30: early stopping", "ended"),
    "early-triggered": (PLAIN, "Early stopping triggered", "ended"),
    "done": (PLAIN, "Done!", "ended"),
    "detectron": (PLAIN, "[01/15 10:00:00 d2.engine.hooks]: Total training time: 0:00:31 (0:00:02 on hooks)", "ended"),
    "megatron": (PLAIN, "exiting program at iteration 30", "ended"),
    "announced-steps": (["max_steps: 30", *PLAIN], "", "ended"),
    "announced-epochs": (["  Num Epochs = 3", *[f"{{'loss': {3 - e / 10:.4f}, 'learning_rate': 1e-05, 'epoch': {e / 10}}}" for e in range(1, 31)]],
                         "", "ended"),
    "final-model": (PLAIN, "Saving final model to out/", "ended"),
    "fine-tuning": (PLAIN, "INFO: Fine-tuning finished", "ended"),
    "max-steps": (PLAIN, "Reached max steps: 30", "ended"),
    "took": (PLAIN, "Training took 12.3 s", "ended"),
    "exits": (PLAIN, "[2026-01-31 12:00:00] [INFO] Process 4711 exits successfully.", "ended"),
    # Nobody says why, and the process is gone: no page, for it may well be done.
    "wordless": (PLAIN, "", "silent"),
    "caught": (PLAIN, TRACEBACK + "ValueError: bad image, skipped\nstep 31 loss 2.96", "silent"),

    "runtime-error": (PLAIN, TRACEBACK + "RuntimeError: shapes cannot be multiplied", "failed", "exception"),
    "floating-point-error": (PLAIN, TRACEBACK + "FloatingPointError: Loss became infinite or NaN at iteration=30!", "failed", "exception"),
    "cuda-oom": (PLAIN, TRACEBACK + "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "failed", "cuda_out_of_memory"),
    "xla-oom": (PLAIN, TRACEBACK + "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes.", "failed",
                "cuda_out_of_memory"),
    "nccl": (PLAIN, "[rank0]:[E ProcessGroupNCCL.cpp:563] [Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=7)", "failed",
             "nccl"),
    "cuda-error": (PLAIN, TRACEBACK + "RuntimeError: CUDA error: device-side assert triggered", "failed", "cuda_error"),
    "cancelled": (PLAIN, "slurmstepd: error: *** STEP 12.0 ON n1 CANCELLED AT 2026-01-31T12:00:00 ***", "failed", "cancelled"),
    "time-limit": (PLAIN, "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-31T12:00:00 DUE TO TIME LIMIT ***", "failed", "time_limit"),
    "slurm-oom": (PLAIN, "slurmstepd: error: Detected 1 oom_kill event in StepId=12.0.", "failed", "out_of_memory"),
    "killed": (PLAIN, "Killed", "failed", "killed"),
    "shell-killed": (PLAIN, "run.sh: line 3: 12345 Killed                  python3 train.py", "failed", "killed"),
    "segfault": (PLAIN, "Segmentation fault (core dumped)", "failed", "crash"),
    "terminate": (PLAIN, "terminate called after throwing an instance of 'c10::Error'\nAborted", "failed", "crash"),
    "memory-error": (PLAIN, TRACEBACK + "MemoryError", "failed", "out_of_memory"),
    "oomkilled": (PLAIN, "pod train-0: container trainer terminated: OOMKilled (exit code 137)", "failed", "out_of_memory"),
    "preempted": (PLAIN, "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-31T12:00:00 DUE TO PREEMPTION ***", "failed", "preempted"),
    "node-failure": (PLAIN, "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-31T12:00:00 DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***",
                     "failed", "node_failure"),
    "srun-oom": (PLAIN, "srun: error: n1: task 0: Out Of Memory", "failed", "out_of_memory"),
    "srun-killed": (PLAIN, "srun: error: n1: tasks 0-7: Killed", "failed", "killed"),
    "srun-status": (PLAIN, "srun: error: n1: task 3: Exited with exit code 1", "failed", "exit_status"),
    "bus-error": (PLAIN, "Bus error (core dumped)", "failed", "crash"),
    "launcher": (PLAIN, TRACEBACK + "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1.", "failed",
                 "exception"),
    "torchrun": (PLAIN, "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:\ntrain.py FAILED", "failed", "exception"),
}
COMMANDS = {
    "wordless": (PLAIN, "", 0, 0, "ended", None),
    "caught": (PLAIN, TRACEBACK + "ValueError: the report could not be sent", 0, 0, "ended", None),
    "status": (PLAIN, "", 3, 0, "failed", "exit_status"),
    "traceback": (PLAIN, TRACEBACK + "KeyError: 'labels'", 1, 0, "failed", "exception"),
    "sigkill": (PLAIN, "", 0, signal.SIGKILL, "failed", "killed"),
    "sigsegv": (PLAIN, "", 0, signal.SIGSEGV, "failed", "crash"),
}


class Ends(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.run_script = self.write("run.py", RUN)

    def plan(self, name, lines, last, status=0, sig=0, log=""):
        import json
        return self.write(f"{name}.plan", json.dumps({"log": str(log), "lines": lines, "last": last, "status": status, "signal": sig,
                                                      "go": str(self.folder / "go")}))

    def test_logs(self):
        (self.folder / "logs").mkdir()
        lossd = Lossd(self, self.folder / "logs")
        processes = [self.start(sys.executable, self.run_script, self.plan(name, case[0], case[1], log=self.folder / "logs" / f"{name}.log"))
                     for name, case in FILES.items()]
        lossd.wait_for(lambda scrape: scrape.total("training_job_state", state="running") == len(FILES), "every job to run", 120)
        (self.folder / "go").touch()
        for process in processes:
            process.wait(120)

        self.wrong = FILES

        def told():
            jobs = {job["training_job"]: job for job in lossd.get("/api/v1/jobs").json["jobs"]}
            wrong = {}
            for name, (_, _, state, *reason) in FILES.items():
                job = jobs[name]
                found = (job["state"], *([job["failure"]["reason"]] if job["failure"] else []))
                if found != (state, *reason):
                    wrong[name] = (found, job["stage"])
            self.wrong = wrong
            return not wrong

        try:
            testing.wait_until(told, "every end to be told", 240)
        finally:
            print(f"logs told right: {len(FILES) - len(self.wrong)} of {len(FILES)}; not: {self.wrong}")
        scrape = lossd.scrape()
        for name, (_, _, state, *_) in FILES.items():
            self.assertNotEqual(scrape.regime(name), "stalled")
        info = scrape.series("training_failure_info", training_job="cuda-oom")
        self.assertEqual(info[0].labels["last_line"], "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")
        self.assertEqual(scrape.value("training_failures_total", training_job="nccl", reason="nccl"), 1)
        job = lossd.get("/api/v1/jobs/runtime-error").json
        self.assertEqual(job["failure"]["lines"][0], "Traceback (most recent call last):")

    def test_pods_that_are_removed(self):
        """kubelet keeps a container's logs for as long as there is a pod."""
        pods = self.folder / "var/log/pods"
        stamp = "2026-01-31T12:00:00.000000000Z stdout F "
        cases = {"plain": (PLAIN, "", "ended"), "failing": (PLAIN, TRACEBACK + "RuntimeError: x", "failed"),
                 "midway": (steps(30, "step {step}/1000 loss {loss:.4f}"), "", "silent")}
        for name, (lines, last, _) in cases.items():
            folder = pods / f"ml_{name}_0e6f4a52-6c1b-4d9a-9f6e-1b1b8a8f3c11" / "trainer"
            folder.mkdir(parents=True)
            (folder / "0.log").write_text("".join(f"{stamp}{line}\n" for line in [*lines, *last.splitlines()]))
        config = self.write("pods.yml", f"files: [{{preset: kubernetes_pods, path: '{pods}/*/*/*.log'}}]\n")
        lossd = Lossd(self, "--config.file", config)
        for name in cases:
            lossd.wait_for_samples(name, 30)
        shutil.rmtree(pods)
        pods.mkdir()
        state = lambda name: lossd.get(f"/api/v1/jobs/{name}").json["state"]
        for name, (_, _, wanted) in cases.items():
            testing.wait_until(lambda name=name, wanted=wanted: state(name) == wanted, f"{name} to be {wanted}", 240)

    def test_commands(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")
        for name, (lines, last, status, sig, state, reason) in COMMANDS.items():
            with self.subTest(name):
                done = testing.run(testing.LOSSD, "exec", "--config.file", config, "--web.listen-address", "127.0.0.1:0", "--job.name", name, "--",
                                   sys.executable, self.run_script, self.plan(name, lines, last, status, sig))
                self.assertEqual(done.returncode, 128 + sig if sig else status)
                words = f'msg="job failed" training_job={name} reason={reason}' if reason else f'msg="job finished" training_job={name}'
                self.assertIn(words, done.stderr)

    def test_a_pipe_that_closes(self):
        config = self.write("lossd.yml", "shutdown: {exit_grace: 0s}\n")
        for last, words in (("", "job finished"), (TRACEBACK + "OSError: disk full", "job failed")):
            done = testing.run(testing.LOSSD, "--config.file", config, "--web.listen-address", "127.0.0.1:0", "-",
                               input="\n".join([*PLAIN, last]) + "\n")
            self.assertEqual(done.returncode, 0)
            self.assertIn(f'msg="{words}"', done.stderr)

    def test_a_run_that_hangs_is_running(self):
        log = self.folder / "hung.log"
        lossd = Lossd(self, log)
        process = self.start(sys.executable, self.run_script, self.plan("hung", PLAIN, "", log=log))
        lossd.wait_for_samples("hung", 30)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            self.assertEqual(lossd.get("/api/v1/jobs/hung").json["state"], "running")
        finally:
            os.kill(process.pid, signal.SIGCONT)


if __name__ == "__main__":
    testing.main()
