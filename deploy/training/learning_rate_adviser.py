"""Follows lossd's advice on the learning rate from within a training loop. The standard library alone: copy this file.

    adviser = LearningRateAdviser("http://localhost:10333/api/v1/jobs/llama-7b/advice")
    for step, batch in enumerate(loader):
        loss = train(batch)
        print(f"step {step} loss {loss} lr {rate}")            # what lossd reads; log the rate, or it cannot see it change
        change = adviser.after_step()
        if change.checkpoint_before_step is not None:
            restore(change.checkpoint_before_step)             # a checkpoint of this step or an earlier one
        if change.factor != 1:
            scale_learning_rate(optimizer, change.factor, scheduler)

It never raises into training and never holds it up for long: a lossd that is away, slow or confused means "no change", and is asked
less and less often. It never raises a rate either. One process should ask; in a distributed job let rank 0 broadcast the change.
"""

import json
import math
import time
import urllib.request
from dataclasses import dataclass
from typing import Optional

# Advice that stands long after the rate was lowered: taken once each time it comes up.
LASTING = ("spikes", "plateau")


@dataclass(frozen=True)
class Change:
    """What to do now: multiply the learning rate by `factor`, after going back to a checkpoint where a step is given."""

    factor: float = 1.0
    checkpoint_before_step: Optional[int] = None
    reason: str = "keep"
    advice: str = ""


NO_CHANGE = Change()


class LearningRateAdviser:
    """Asks at every `every_steps`-th step, but not again before `every_seconds` have passed. Changes nothing for `cool_down_steps`
    after a change, and lowers the rate to no less than `least_share` of where it began, all changes taken together.

    `fetch(url, timeout) -> bytes` and `clock() -> seconds` are for tests.
    """

    def __init__(self, url, every_steps=50, every_seconds=5.0, cool_down_steps=200, least_share=1e-3, timeout=0.5,
                 fetch=None, clock=time.monotonic):
        self._url, self._timeout = url, timeout
        self._every_steps, self._every_seconds = every_steps, every_seconds
        self._cool_down_steps, self._least_share = cool_down_steps, least_share
        self._fetch, self._clock = fetch or _get, clock
        self._run = 0  # steps, counted here because step numbers go back with a checkpoint
        self._changed_at = None
        self._taken = ""  # the reason of the last change, while it still stands
        self._share = 1.0
        self._failures = 0
        self._not_before = -math.inf

    def after_step(self):
        """To be called after each step, once its loss has been logged."""
        self._run += 1
        if self._run % self._every_steps or self._clock() < self._not_before:
            return NO_CHANGE
        answer = self._ask()
        return self._consider(answer) if answer is not None else NO_CHANGE

    def _ask(self):
        try:
            answer = json.loads(self._fetch(self._url, self._timeout))
            known = isinstance(answer, dict) and isinstance(answer.get("reason"), str) and isinstance(answer.get("ratio"), (int, float))
        except Exception:  # whatever it is, training goes on
            answer, known = None, False
        # Ever less often while nobody answers: training must not wait for a timeout again and again.
        self._failures = 0 if known else min(self._failures + 1, 6)
        self._not_before = self._clock() + self._every_seconds * 2 ** self._failures
        return answer if known else None

    def _consider(self, answer):
        reason, ratio, checkpoint = answer["reason"], float(answer["ratio"]), answer.get("checkpoint_before_step")
        if reason != self._taken:
            self._taken = ""
        factor = min(max(ratio, self._least_share / self._share), 1.0) if 0 < ratio < 1 else 1.0
        checkpoint = checkpoint if isinstance(checkpoint, int) else None
        cooling = self._changed_at is not None and self._run - self._changed_at < self._cool_down_steps
        if (factor == 1 and checkpoint is None) or cooling or self._taken in LASTING:
            return NO_CHANGE
        self._changed_at, self._taken = self._run, reason
        self._share *= factor
        return Change(factor, checkpoint, reason, str(answer.get("advice", "")))


def scale_learning_rate(optimizer, factor, scheduler=None):
    """Multiplies the rate of every parameter group of a PyTorch optimizer, and what its scheduler computes the next rates from."""
    for group in optimizer.param_groups:
        group["lr"] *= factor
        if "initial_lr" in group:
            group["initial_lr"] *= factor
    if scheduler is not None and hasattr(scheduler, "base_lrs"):
        scheduler.base_lrs = [rate * factor for rate in scheduler.base_lrs]


def _get(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read(1 << 20)
