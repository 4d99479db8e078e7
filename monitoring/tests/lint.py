"""Checks everything that can be checked of the stack's files without running it.

    python3 monitoring/tests/lint.py [--metrics http://127.0.0.1:8000/metrics]

Wants promtool and amtool on the PATH, Grafana's types and Caddy in the Python that runs it (monitoring/tests/requirements.txt);
says so where one is missing. With the address of a running service, every metric named by a rule or a dashboard must be one of its own.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import expected
import metrics

HERE = Path(__file__).resolve().parent.parent
DASHBOARDS = sorted((HERE / "grafana" / "provisioning" / "dashboards").glob("*.json"))
RULES = sorted((HERE / "prometheus" / "rules").glob("*.yml"))
KINDS = {"timeseries", "stat", "heatmap", "gauge", "row"}
# What Prometheus and Alertmanager say of themselves: the tests of the rules and the end-to-end test see to those.
NOT_THE_SERVICES = re.compile(r"up$|ALERTS$|(prometheus|alertmanager|scrape)_")
# What the profile cluster says of itself, where it runs: cluster/tests_external/containers.py sees to those.
THE_CLUSTERS = re.compile(r"isoforest_executor_|job_(completed|failed)_total$")

problems: list[str] = []


def wrong(text: str) -> None:
    problems.append(text)


def panels_of(dashboard: dict) -> list[dict]:
    return [panel for top in dashboard["panels"] for panel in (top, *top.get("panels", []))]


def queries_of(dashboard: dict) -> list[str]:
    """Every expression of a dashboard, variables replaced by values they can have."""
    found = [target["expr"] for panel in panels_of(dashboard) for target in panel.get("targets", [])]
    found += [annotation["expr"] for annotation in dashboard["annotations"]["list"] if "expr" in annotation]
    return [expr.replace("$instance", ".+").replace("$interval", "1m") for expr in found]


def of_the_cluster(expr: str) -> bool:
    """Whether only the profile cluster has what is asked for."""
    return any(THE_CLUSTERS.match(name) for name in metrics.named_in(expr))


def overlap(a: dict, b: dict) -> bool:
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def check_panels(name: str, dashboard: dict) -> None:
    panels = panels_of(dashboard)
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        wrong(f"{name}: panels share an id")
    for index, panel in enumerate(panels):
        at = f"{name}, panel {panel.get('title') or index!r}"
        if panel["type"] not in KINDS:
            wrong(f"{at}: type {panel['type']!r}; expected one of {', '.join(sorted(KINDS))}")
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24 or min(place.values()) < 0:
            wrong(f"{at}: reaches over the edge of the grid: {place}")
        for other in panels[index + 1:]:
            if overlap(place, other["gridPos"]):
                wrong(f"{at}: lies over panel {other['title']!r}")
        if panel["type"] == "row":
            continue
        for field in ("title", "description"):
            if not panel.get(field, "").strip():
                wrong(f"{at}: no {field}")
        for target in panel["targets"]:
            if target.get("datasource", {}).get("uid") != "prometheus":
                wrong(f"{at}: query {target['refId']} does not name the data source prometheus")
        if len({target["refId"] for target in panel["targets"]}) != len(panel["targets"]):
            wrong(f"{at}: two queries share a letter")


def check_dashboards() -> None:
    uids = {}
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text())
        if dashboard.get("id") is not None or not dashboard.get("uid"):
            wrong(f"{file.name}: expected id null and a uid of its own")
        if dashboard["uid"] in uids:
            wrong(f"{file.name}: has the uid of {uids[dashboard['uid']]}")
        uids[dashboard["uid"]] = file.name
        if dashboard["schemaVersion"] not in (41, 42):
            wrong(f"{file.name}: schemaVersion {dashboard['schemaVersion']}; expected 41 or 42")
        check_panels(file.name, dashboard)
    service = next((json.loads(file.read_text()) for file in DASHBOARDS if file.name == "service.json"), {"panels": []})
    for difference in expected.differences(panels_of(service)):
        wrong(f"service.json: {difference}")


def differences(ours, theirs, path: str) -> list[str]:
    """Fields of ours that Grafana's types lost or changed on the way through."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [one for key in ours for one in (
            differences(ours[key], theirs[key], f"{path}.{key}") if key in theirs
            else [f"{path}.{key}"] if ours[key] is not None else [])]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [one for index, pair in enumerate(zip(ours, theirs)) for one in differences(*pair, f"{path}[{index}]")]
    return [] if ours == theirs else [path]


def check_types() -> None:
    """Loads each dashboard into the types that Grafana publishes: a field they do not know is lost, and so found."""
    try:
        from grafana_foundation_sdk.cog import encoder, plugins
        from grafana_foundation_sdk.models import dashboard as types
    except ImportError:
        wrong("grafana-foundation-sdk is not installed: pip install -r monitoring/tests/requirements.txt")
        return
    plugins.register_default_plugins()
    for file in DASHBOARDS:
        ours = json.loads(file.read_text())
        theirs = json.loads(json.dumps(types.Dashboard.from_json(ours), cls=encoder.JSONEncoder))
        for path in differences(ours, theirs, file.name):
            wrong(f"{path}: not a field of Grafana's types")


def promtool(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, cwd=HERE)


def check_queries() -> None:
    """Every query of every dashboard must parse: as a rule, promtool reads it."""
    if not shutil.which("promtool"):
        wrong("promtool is not on the PATH; it comes with Prometheus (on Debian: apt install prometheus)")
        return
    for file in DASHBOARDS:
        for expr in queries_of(json.loads(file.read_text())):
            with tempfile.NamedTemporaryFile("w", suffix=".yml") as rules:
                json.dump({"groups": [{"name": "query", "rules": [{"record": "query", "expr": expr}]}]}, rules)
                rules.flush()
                checked = promtool("check", "rules", rules.name)
            if checked.returncode:
                wrong(f"{file.name}: {expr}\n    {checked.stderr.strip()}")


def check_configurations() -> None:
    """Each program reads its own files: Prometheus, Alertmanager, Caddy."""
    beside = str(Path(sys.executable).parent)
    caddy = shutil.which("caddy") or shutil.which("caddy", path=beside)
    commands = [["promtool", "check", "config", "prometheus/prometheus.yml"], ["amtool", "check-config", "alertmanager/alertmanager.yml"]]
    variables = dict(os.environ)
    if caddy:
        hashed = subprocess.run([caddy, "hash-password"], input="x\n", capture_output=True, text=True).stdout.strip()
        variables |= {"ADMIN_USER": "admin", "ADMIN_PASSWORD_HASH": hashed, "DOMAIN": "example.org"}
        commands += [[caddy, "validate", "--adapter", "caddyfile", "--config", f"caddy/{name}"] for name in ("Caddyfile", "tls.Caddyfile")]
        commands += [[caddy, "fmt", "--diff", f"caddy/{file.name}"] for file in sorted((HERE / "caddy").iterdir())]
    else:
        wrong("caddy is not on the PATH: pip install -r monitoring/tests/requirements.txt")
    for command in commands:
        if not shutil.which(command[0]):
            wrong(f"{command[0]} is not on the PATH; on Debian: apt install prometheus prometheus-alertmanager")
            continue
        done = subprocess.run(command, cwd=HERE, env=variables, capture_output=True, text=True)
        unformatted = command[1] == "fmt" and any(line[:1] in "+-" for line in done.stdout.splitlines() if line)
        if done.returncode and not command[1] == "fmt" or unformatted:
            wrong(f"{' '.join(command[:2])} {command[-1]}: {(done.stderr or done.stdout).strip()[-600:]}")


def rule_expressions() -> tuple[set[str], list[tuple[str, str]]]:
    """Recorded names; and every expression of the rules with its file."""
    recorded, expressions = set(), []
    for file in RULES:
        text = file.read_text()
        recorded |= set(re.findall(r"- record: (\S+)", text))
        for indent, first, rest in re.findall(r"^( +)expr: (.*)\n((?:\1 +.*\n)*)", text, re.M):
            expressions.append((file.name, rest if first == "|" else first))
    return recorded, expressions


def check_names(address: str | None, others: set[str] | None = None) -> None:
    """A series that nobody makes: a recorded one without a rule, or, with a service to ask, a metric that it does not have.

    `others` are names that a running Prometheus has, among them its own and Alertmanager's.
    """
    recorded, expressions = rule_expressions()
    expressions += [(file.name, expr) for file in DASHBOARDS for expr in queries_of(json.loads(file.read_text()))]
    exported = metrics.exported_by(urllib.request.urlopen(address, timeout=5).read().decode()) if address else None
    for where, expr in expressions:
        for name in metrics.named_in(expr):
            if ":" in name:
                if name not in recorded:
                    wrong(f"{where}: no rule records {name}")
            elif THE_CLUSTERS.match(name):
                continue
            elif exported is not None and not NOT_THE_SERVICES.match(name) and name not in exported:
                wrong(f"{where}: the service has no metric {name}")
            elif others is not None and NOT_THE_SERVICES.match(name) and name not in others:
                wrong(f"{where}: Prometheus has no metric {name}")


def check_alerts() -> None:
    """Each alert has a severity, a text with a way to act, a paragraph in README.md, and tests both ways."""
    readme = (HERE / "README.md").read_text() if (HERE / "README.md").exists() else ""
    tests = "\n".join(file.read_text() for file in (HERE / "prometheus" / "tests").glob("*.test.yml"))
    alerts = re.findall(r"- alert: (\w+)\n((?:(?!      - alert:).*\n)*)", "".join(file.read_text() for file in RULES))
    if not alerts:
        wrong("no alert was found in the rules")
    for name, body in alerts:
        for part in ("severity:", "summary:", "description:", f"runbook: monitoring/README.md#{name.lower()}"):
            if part not in body:
                wrong(f"alert {name}: no {part}")
        if f"**{name}**" not in readme or f'id="{name.lower()}"' not in readme:
            wrong(f"alert {name}: no paragraph of that name in README.md")
        if not re.search(rf"alertname: {name}\n +eval_time: \S+\n +exp_alerts:\n", tests):
            wrong(f"alert {name}: no test in which it fires")
        if name != "Watchdog" and not re.search(rf"\{{alertname: {name}, eval_time: \S+\}}", tests):
            wrong(f"alert {name}: no test in which it stays quiet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metrics", metavar="URL", help="metrics of a running service, to compare names with")
    address = parser.parse_args().metrics
    made = subprocess.run([sys.executable, HERE / "grafana" / "make_dashboard.py", "--check"], capture_output=True, text=True)
    if made.returncode:
        wrong(made.stderr.strip())
    check_dashboards()
    check_types()
    check_queries()
    check_configurations()
    check_names(address)
    check_alerts()
    for problem in problems:
        print(f"isoforest: {problem}", file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"isoforest: {len(DASHBOARDS)} dashboard, {len(RULES)} files of rules: nothing to complain of")


if __name__ == "__main__":
    main()
