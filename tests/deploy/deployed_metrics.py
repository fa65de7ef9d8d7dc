"""The metric names and label matchers that the shipped rules, dashboards and documents use."""

import json
import pathlib
import re

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"

_NAME = re.compile(r"(?<![\w:$/.-])((?:lossd|loss|training)_[a-z0-9_]+)(?![\w:(/.-])(\{[^}]*\})?")
_MATCHER = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*\"")
# Not metrics although they look like it: labels, Go template fields and the Python names of our own tests.
_LABELS = {"training_job"}


def uses(expression):
    """(metric, labels matched) for every metric of lossd that a PromQL expression or a document names."""
    without_strings = re.sub(r"(\{[^}]*\})|\"[^\"]*\"", lambda m: m.group(1) or '""', expression)
    # The grouping lists of by/without/on/ignoring hold labels, never metrics.
    without_strings = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", without_strings)
    for name, matchers in _NAME.findall(without_strings):
        if name not in _LABELS:
            yield name, frozenset(_MATCHER.findall(matchers or ""))


def _strings(value, keys):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in keys and isinstance(inner, str):
                yield inner
            else:
                yield from _strings(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, keys)


def expressions():
    """(file, PromQL) for every expression that is shipped: rules, their tests, dashboards and Grafana's alert rules."""
    import yaml

    keys = {"expr", "query", "definition", "series", "record"}
    for path in sorted(DEPLOY.rglob("*")):
        if path.suffix == ".json":
            documents = [json.loads(path.read_text())]
        elif path.suffix in (".yml", ".yaml") and path.parent.name != "templates":  # of a chart: no YAML before it is rendered
            documents = list(yaml.safe_load_all(path.read_text()))
        else:
            continue
        for document in documents:
            for text in _strings(document, keys):
                yield path.relative_to(DEPLOY), text
