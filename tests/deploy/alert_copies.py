"""What ships once more in another shape: alerts.yml as Grafana-managed rules and as a PrometheusRule of Kubernetes, the dashboards as ConfigMaps.

The copies are golden files (`./dev golden` rewrites them), so that they cannot drift from their source.
"""

import re

import yaml

from deployed_metrics import DEPLOY

SOURCES = (DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "prometheus" / "recording.yml")
HEADER = "# Made from deploy/prometheus by `./dev golden`: change the rules there.\n"


def _groups(path):
    return yaml.safe_load(path.read_text())["groups"]


def _yaml(document):
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)


def prometheus_rule():
    groups = [group for path in SOURCES for group in _groups(path)]
    return _yaml({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "lossd", "labels": {"app.kubernetes.io/name": "lossd"}},
        "spec": {"groups": groups},
    })


def _grafana_query(ref, expression):
    return {
        "refId": ref,
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": "lossd-prometheus",
        "model": {"refId": ref, "expr": expression, "instant": True, "range": False, "editorMode": "code"},
    }


def _grafana_rule(rule):
    # A filter keeps a series at whatever value it has, NaN too; counting it makes "there is one" a number to compare with 0.
    # Both drop the name of the metric, so that the series of A and B have equal labels and the annotations find A's value.
    value = f"sum without () ({rule['expr']})"
    present = f"count without () ({rule['expr']})"
    threshold = {
        "refId": "C",
        "datasourceUid": "__expr__",
        "model": {
            "refId": "C", "type": "threshold", "expression": "B",
            "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
        },
    }
    # Grafana's $value is a text about all queries; the number of query A is $values.A.Value.
    # Its templates can ask Prometheus nothing and know no external labels.
    annotations = {key: re.sub(r"\$value\b", "$values.A.Value", text) for key, text in rule["annotations"].items()
                   if "| query" not in text and "$externalLabels" not in text}
    return {
        "uid": "lossd-" + re.sub(r"(?<=.)([A-Z])", r"-\1", rule["alert"]).lower(),
        "title": rule["alert"],
        "condition": "C",
        "data": [_grafana_query("A", value), _grafana_query("B", present), threshold],
        "for": rule.get("for", "0s"),
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": rule["labels"],
        "annotations": annotations,
        "isPaused": False,
    }


def grafana_alerts():
    groups = [
        {"orgId": 1, "name": group["name"], "folder": "lossd", "interval": "15s",
         "rules": [_grafana_rule(rule) for rule in group["rules"]]}
        for group in _groups(SOURCES[0])
    ]
    return _yaml({"apiVersion": 1, "groups": groups})


class _Literal(str):
    """A text that is written line by line."""


yaml.SafeDumper.add_representer(_Literal, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def dashboard_config_maps():
    """As Grafana's sidecar finds them: by their label."""
    maps = [{
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"lossd-dashboard-{path.stem}", "labels": {"app.kubernetes.io/name": "lossd", "grafana_dashboard": "1"}},
        "data": {f"lossd-{path.name}": _Literal(path.read_text())},
    } for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))]
    return HEADER.replace("the rules", "the dashboards").replace("prometheus", "grafana") + yaml.safe_dump_all(maps, sort_keys=False, width=10000, allow_unicode=True)


COPIES = {
    DEPLOY / "kubernetes" / "monitoring" / "dashboards.yaml": dashboard_config_maps,
    DEPLOY / "grafana" / "provisioning" / "alerting" / "lossd.yaml": grafana_alerts,
    DEPLOY / "kubernetes" / "monitoring" / "prometheusrule.yaml": prometheus_rule,
}
