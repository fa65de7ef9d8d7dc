#!/usr/bin/env python3
"""Makes labelled curves, as `regimes_bench` reads them, of labelled series of logs.

usage: log_curves.py SERIES CURVES        then: ./dev bench regimes CURVES

SERIES holds RUN.jsonl, one sample a line, and labels.json: a list of {"run", "file"?, "key", "role", "samples", "spans": [{"from", "to", "truth", "sure"}],
"spikes": [[first, last]]}. Taken are losses of the whole (role train or eval): `diverge` where a span is sure to rise, `plateau` where one is flat, else `healthy`. A loss is cut where something
else begins, or what is not sure, or a new run. Steps are counted through."""
import csv
import json
import math
import pathlib
import sys

GOOD = ("falling", "slow")


def curve(label, values):
    """The label of the curve and how many of its values belong to it; None where nothing can be said of it."""
    spans = label["spans"]
    trouble = next((s for s in spans if s["sure"] and s["truth"] in ("rising", "flat")), None)
    strange = [s["from"] for s in spans if s is not trouble and not (s["sure"] and s["truth"] in GOOD) and (trouble is None or s["from"] >= trouble["to"])]
    strange += [run for run in label.get("runs", []) + label.get("maybe_runs", []) if run > 0]
    if trouble is not None and min(strange, default=trouble["to"]) <= trouble["from"]:
        return None, 0
    end = min([*strange, len(values)])
    made = {"run": label["run"], "task": "logs", "samples": end, "spikes": [a for a, _ in label["spikes"] if a < end], "onset": None, "clean_until": None, "span": None}
    if trouble is None:
        return ({**made, "kind": "healthy"}, end) if end >= 24 and not made["spikes"] else (None, 0)
    clean = next((s["from"] for s in spans if not (s["sure"] and s["truth"] in GOOD)), trouble["from"])
    if trouble["truth"] == "rising":
        return {**made, "kind": "diverge", "onset": trouble["from"], "clean_until": min(clean, trouble["from"])}, end
    last = min(trouble["to"], end) - 1
    return ({**made, "kind": "plateau", "span": [trouble["from"], last]}, end) if last - trouble["from"] >= 128 else (None, 0)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    series, curves = map(pathlib.Path, sys.argv[1:])
    curves.mkdir(parents=True, exist_ok=True)
    labels = []
    for label in json.loads((series / "labels.json").read_text()):
        if label["role"] not in ("train", "eval") or label.get("same_as"):
            continue
        with open(series / f"{label.get('file', label['run'])}.jsonl") as lines:
            values = [float(row[label["key"]]) for row in map(json.loads, lines) if label["key"] in row]
        made, end = curve(label, values)
        if made is None or not all(map(math.isfinite, values[:end])):
            continue
        with open(curves / f"{made['run']}.csv", "w", newline="") as out:
            csv.writer(out).writerows([("step", "loss"), *enumerate(values[:end])])
        labels.append(made)
    (curves / "labels.json").write_text(json.dumps(labels))
    print(f"{len(labels)} curves:", *(f"{sum(l['kind'] == kind for l in labels)} {kind}" for kind in ("healthy", "diverge", "plateau")))


if __name__ == "__main__":
    main()
