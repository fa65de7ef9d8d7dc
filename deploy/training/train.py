"""A training loop that follows lossd's advice, small enough to read whole: a network of 16 hidden units, no dependency.

usage: train.py [--advice-url URL] [--rate RATE] [--jump STEP:FACTOR] [--steps N] [--interval-ms MS]

The log goes to standard output, what was changed to standard error:

    lossd serve train.csv &
    python3 deploy/training/train.py --jump 1000:100 --advice-url http://localhost:10333/api/v1/jobs/train/advice >>train.csv
"""

import argparse
import copy
import math
import random
import sys
import time

from learning_rate_adviser import NO_CHANGE, LearningRateAdviser

HIDDEN, BATCH = 16, 32
KEEP_EVERY, KEEP = 50, 40  # steps, checkpoints


class Model:
    """A hidden layer of tanh units and one logit, trained by SGD with momentum."""

    def __init__(self, rng):
        self.hidden = [[rng.gauss(0, 1), rng.gauss(0, 1), 0.0] for _ in range(HIDDEN)]  # two inputs and a bias
        self.output = [rng.gauss(0, 0.3) for _ in range(HIDDEN)] + [0.0]
        self.momentum = [[0.0] * 3 for _ in range(HIDDEN)], [0.0] * (HIDDEN + 1)

    def step(self, batch, rate):
        """One update; returns the mean cross-entropy of the batch before it."""
        loss, hidden, output = 0.0, [[0.0] * 3 for _ in range(HIDDEN)], [0.0] * (HIDDEN + 1)
        for point, label in batch:
            units = [math.tanh(w[0] * point[0] + w[1] * point[1] + w[2]) for w in self.hidden] + [1.0]
            logit = sum(w * u for w, u in zip(self.output, units))
            loss += math.log1p(math.exp(-abs(logit))) + max(-logit if label else logit, 0)
            error = (math.exp(min(logit, 0)) / (1 + math.exp(-abs(logit))) - label) / len(batch)
            for i, unit in enumerate(units):
                output[i] += error * unit
                if i < HIDDEN:
                    slope = error * self.output[i] * (1 - unit * unit)
                    hidden[i][0] += slope * point[0]
                    hidden[i][1] += slope * point[1]
                    hidden[i][2] += slope
        for weights, gradient, momentum in zip(self.hidden + [self.output], hidden + [output], self.momentum[0] + [self.momentum[1]]):
            for i, g in enumerate(gradient):
                momentum[i] = 0.9 * momentum[i] + g
                weights[i] -= rate * momentum[i]
        return loss / len(batch)


def examples(rng):
    """Points of the plane: is it inside the ring? One in twenty labels is wrong, so that the loss has a floor."""
    while True:
        point = [rng.gauss(0, 1.2), rng.gauss(0, 1.2)]
        yield point, int((math.hypot(*point) < 1.3) != (rng.random() < 0.05))


def train(steps, rate_at, adviser, log):
    """Trains for `steps`; `rate_at(step)` is the schedule, `log(step, loss, rate)` is told each step, `adviser` may be None."""
    rng = random.Random(1)
    data, model = examples(rng), Model(rng)
    scale, step, checkpoints = 1.0, 0, {}
    while step < steps:
        if step % KEEP_EVERY == 0:
            checkpoints[step] = copy.deepcopy(model)
            checkpoints.pop(step - KEEP_EVERY * KEEP, None)
        rate = rate_at(step) * scale
        loss = model.step([next(data) for _ in range(BATCH)], rate)
        log(step, loss, rate)
        step += 1
        change = adviser.after_step() if adviser else NO_CHANGE
        if change == NO_CHANGE:
            continue
        scale *= change.factor
        print(f"step {step}: learning rate x {change.factor:g} ({change.reason}): {change.advice}", file=sys.stderr)
        earlier = [kept for kept in checkpoints if kept <= (change.checkpoint_before_step or -1)]
        if earlier:
            step = max(earlier)
            model = copy.deepcopy(checkpoints[step])
            print(f"back to the checkpoint of step {step}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--advice-url")
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--jump", metavar="STEP:FACTOR", default="0:1", help="multiply the rate by FACTOR from STEP on, as a bad schedule would")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--interval-ms", type=float, default=5, help="what one step takes; lossd has to read it before it can advise")
    options = parser.parse_args()
    jump_at, jump_by = (float(part) for part in options.jump.split(":"))

    def log(step, loss, rate):
        print(f"{step},{loss:.6g},{rate:.6g}", flush=True)
        time.sleep(options.interval_ms / 1000)

    adviser = LearningRateAdviser(options.advice_url) if options.advice_url else None
    print("step,loss,lr", flush=True)
    train(options.steps, lambda step: options.rate * (jump_by if step >= jump_at else 1), adviser, log)


if __name__ == "__main__":
    main()
