"""What must be true of the running stack, either kind: a function each, in the order in which they are called."""

import json
import math
import time

from stacks import PASSWORD, USER, Processes, Stack, listens, own_addresses, until

import lint

HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin", "Server": None}
SHIFTED, KEPT = "mean", "sd"


def password_stands_before_prometheus(stack: Stack) -> str:
    for login in (None, (USER, "wrong"), (USER, ""), ("somebody", PASSWORD), (USER, PASSWORD.strip("}"))):
        status, _ = stack.fetch(stack.prometheus, "/api/v1/targets", login)
        assert status == 401, f"{login}: {status}; expected 401"
    status, _ = stack.fetch(stack.prometheus, "/api/v1/targets")
    assert status == 200, f"with the right password: {status}; expected 200"
    return f"401 without, 401 with a wrong one, 200 with {PASSWORD!r}"


def grafana_that_is_not_there_is_said(stack: Stack) -> str:
    status, body = stack.fetch(stack.grafana, "/", None)
    assert status == 503 and "Grafana does not answer" in body, f"{status} {body}"
    return "503 with a sentence"


def answers_carry_their_headers(stack: Stack) -> str:
    """The refusals as well, which no handler of the site writes."""
    for port, login, expected in ((stack.prometheus, None, 401), (stack.prometheus, (USER, PASSWORD), 200), (stack.grafana, None, 503)):
        status, headers = stack.head(port, "/api/v1/targets", login)
        assert status == expected, f"{status}; expected {expected}"
        for name, value in HEADERS.items():
            assert headers.get_all(name, []) == ([value] if value else []), f"{status}: {name} is {headers.get_all(name)}; expected {value}"
    return "401, 200, 503"


def targets_are_up(stack: Stack) -> str:
    def jobs():
        targets = stack.api("targets", state="active")["activeTargets"]
        found = {one["labels"]["job"] for one in targets if one["health"] == "up"}
        return found if len(found) == len(targets) == 3 else None

    return ", ".join(sorted(until("every target is up", jobs)))


def names_are_the_services(stack: Stack) -> str:
    lint.problems.clear()
    # What Prometheus and Alertmanager say of themselves is in Prometheus.
    lint.check_names(f"http://127.0.0.1:{stack.service}/metrics", set(stack.api("label/__name__/values")))
    assert not lint.problems, lint.problems
    return "every metric that a rule or panel names"


def nothing_is_open_without_containers(stack: Processes) -> str:
    """Prometheus and Alertmanager ask for the password themselves, and no port is open to other machines."""
    for port in stack.inner[:2]:
        for login, expected in ((None, 401), ((USER, "wrong"), 401), ((USER, PASSWORD), 200)):
            status, _ = stack.fetch(port, "/-/ready", login)
            assert status == expected, f"port {port}, {login}: {status}; expected {expected}"
    ports = [stack.service, stack.grafana, stack.prometheus, *stack.inner]
    for address in own_addresses():
        reached = [port for port in ports if listens(address, port)]
        assert not reached, f"{address} can be reached on {reached}"
    return f"{len(ports)} ports on 127.0.0.1, none on {', '.join(own_addresses()) or 'any other'}"


def replay_fills_the_metrics(stack: Stack) -> str:
    stack.replay("--rate 1500")
    rows = until("all rows are counted", lambda: {v for v in stack.query("sum(predictions_total)").values() if v >= 16057})
    return f"{max(rows):.0f} predictions"


def every_query_returns_data(stack: Stack) -> str:
    """Over the last minute, at least one number: not nothing, and not NaN alone."""
    dashboards = [json.loads(file.read_text()) for file in lint.DASHBOARDS]
    queries = [expr for one in dashboards for expr in lint.queries_of({**one, "annotations": {"list": []}})]
    panels = [expr for expr in queries if not lint.of_the_cluster(expr)]
    recorded, _ = lint.rule_expressions()
    for expr in [*panels, *sorted(recorded)]:
        now = time.time()
        result = stack.api("query_range", query=expr, start=now - 60, end=now, step=1)["result"]
        assert any(not math.isnan(float(value)) for one in result for _, value in one["values"]), f"no data: {expr}"
    return f"{len(panels)} of panels, {len(recorded)} recorded"


def data_like_training_is_no_drift(stack: Stack) -> str:
    found = stack.query("instance_feature:anomaly_feature_psi:1h")
    assert set(found) == {SHIFTED, KEPT} and max(found.values()) < 0.1, found
    assert not stack.in_alertmanager("FeatureDrift")
    return shown(found)


def shifted_data_is_drift(stack: Stack) -> str:
    # What came before must have left the window, or the figure would be of a mixture.
    until("the window is empty", lambda: not stack.query("instance_feature:anomaly_feature_rows:increase1h > 0") and [True], 120)
    stack.replay(f"--rate 1500 --shift {SHIFTED}=3")
    found = until("all shifted rows are counted", lambda: shift_counted(stack))
    assert found[SHIFTED] > 0.25 and found[KEPT] < 0.1, found
    alerts = until("FeatureDrift reaches Alertmanager", lambda: stack.in_alertmanager("FeatureDrift"))
    assert {one["labels"]["feature"] for one in alerts} == {SHIFTED}, alerts
    return f"{shown(found)}; FeatureDrift of {SHIFTED} is in Alertmanager"


def shift_counted(stack: Stack) -> dict[str, float] | None:
    rows = stack.query("instance_feature:anomaly_feature_rows:increase1h")
    return stack.query("instance_feature:anomaly_feature_psi:1h") if min(rows.values(), default=0) > 15000 else None


def shown(psi: dict[str, float]) -> str:
    return "PSI " + ", ".join(f"{name} {value:.4f}" for name, value in sorted(psi.items()))


def a_stopped_service_is_told(stack: Stack) -> str:
    stack.stop("service")
    until("ServiceDown reaches Alertmanager", lambda: stack.in_alertmanager("ServiceDown"))
    stack.start("service")
    until("the service is healthy", lambda: stack.healthy("service"))
    until("ServiceDown ends", lambda: not stack.in_alertmanager("ServiceDown"))
    return "ServiceDown came to Alertmanager and ended"


def other_settings_are_taken(stack: Stack) -> str:
    """By `up` alone: another password and a longer retention."""
    other = {"ADMIN_PASSWORD": "another one", "RETENTION": "3d"}
    done = stack.command("up", **other)
    assert done.returncode == 0, done.stdout
    login = (USER, other["ADMIN_PASSWORD"])
    for path in ("targets", "status/flags"):
        status, body = until(f"the new password opens {path}", lambda: [
            found for found in [stack.fetch(stack.prometheus, f"/api/v1/{path}", login)] if found[0] == 200], 30)[0]
    assert json.loads(body)["data"]["storage.tsdb.retention.time"] == "3d", body
    assert stack.fetch(stack.prometheus, "/api/v1/targets")[0] == 401, "the old password is good still"
    stack.up()
    until("the targets are up again", lambda: min(stack.query("min(up)").values(), default=0) == 1)
    return "another password, RETENTION=3d"


def moment_with_data(stack: Stack) -> float:
    """A time at which there is something that could be lost."""
    return until("there is data to lose", lambda: [now for now in [time.time()] if stack.query("predictions_total", now)])[0]


def what_is_killed_heals(stack: Stack) -> str:
    for name in stack.services:
        before = moment_with_data(stack)
        stack.kill(name)
        stack.heal()
        until(f"{name} is healthy after kill -9", lambda: stack.healthy(name))
        until(f"data from before {name} was killed", lambda: stack.query("predictions_total", before))
        until("the targets are up again", lambda: min(stack.query("min(up)").values(), default=0) == 1)
    return ", ".join(stack.services)


def data_outlives_a_full_restart(stack: Stack) -> str:
    before = moment_with_data(stack)
    done = stack.command("down")
    assert done.returncode == 0, done.stdout
    assert stack.command("open").returncode != 0, "something runs after `down`"
    stack.up()
    until("data from before the restart", lambda: stack.query("predictions_total", before))
    return "down, up, and the figures are there"


def a_corrupted_model_is_named(stack: Stack) -> str:
    good = stack.model.read_bytes()
    stack.model.write_bytes(good[: len(good) // 2])
    try:
        stack.restart("service")
        done = stack.command("up")
        assert done.returncode != 0, f"`up` is content with half a model:\n{done.stdout}"
        for expected in ("service", "model.json"):
            assert expected in done.stdout, f"`up` does not say {expected!r}:\n{done.stdout}"
        until("ServiceDown reaches Alertmanager", lambda: stack.in_alertmanager("ServiceDown"))
        assert all(stack.healthy(name) for name in stack.services if name != "service")
    finally:
        stack.model.write_bytes(good)
    stack.heal()
    until("the service is healthy again", lambda: stack.healthy("service"), 150)
    said = next(line for line in done.stdout.splitlines() if "model.json" in line)
    return said.strip()[:160]
