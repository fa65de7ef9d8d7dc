"""dashboard_schema_test.py BINARY_DIR: the dashboards pass Grafana's linter and decode strictly as its current schema."""

import subprocess
import sys

import go_program
from deployed_metrics import DEPLOY

if __name__ == "__main__":
    checker = go_program.build("dashboard_check", sys.argv[1])
    dashboards = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
    assert dashboards, "no dashboards"
    sys.exit(subprocess.run([checker, *dashboards]).returncode)
