"""Prometheus' configuration for plain processes: the containers' own, with addresses of this machine and the password."""

import json
import os
import re
from pathlib import Path

from settings import HERE, port, value


def private(path: Path, text: str) -> None:
    """A file that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def quoted(pairs: dict[str, str]) -> str:
    """As YAML reads it: JSON, but not with JSON's pairs of escapes for one character, which YAML refuses."""
    return json.dumps(pairs, ensure_ascii=False)


def localised(text: str, login: str) -> str:
    """The configuration with 127.0.0.1 for containers' names, and a login where Prometheus asks itself or Alertmanager.

    The cluster's jobs are left out: there are no containers whose names could be looked up, but perhaps machines called like them.
    """
    text = re.sub(r"\n(?:  #.*\n)*  - job_name: \w+\n(?:    (?!dns_sd).*\n)*    dns_sd_configs:\n(?:      .*\n)*", "", text)
    for container, here in {
        "service:8000": port("SERVICE_PORT"),
        "localhost:9090": port("PROMETHEUS_INTERNAL_PORT"),
        "alertmanager:9093": port("ALERTMANAGER_INTERNAL_PORT"),
    }.items():
        text = text.replace(f'"{container}"', f'"127.0.0.1:{here}"')
    text = text.replace("    - static_configs:\n", f"    - basic_auth: {login}\n      static_configs:\n", 1)
    # Not a replacement text, in which a backslash of the login would mean something.
    return re.sub(r"  - job_name: (?:prometheus|alertmanager)\n", lambda job: f"{job[0]}    basic_auth: {login}\n", text)


def kept_hash(run: Path, secret: str) -> str | None:
    """The password's hash in the run folder, if it is of this password."""
    kept, web = run / "password", run / "web.yml"
    if not kept.exists() or not web.exists() or kept.read_text() != secret:
        return None
    found = re.search(r'"(\$2[^"]+)"\}$', web.read_text())
    return found and found[1]


def write_configuration(run: Path, secret: str, secret_hash: str) -> str:
    """Fills the run folder: prometheus/ (its rules are the repository's), web.yml (who may ask), password; gives prometheus.yml."""
    source = Path(os.environ.get("PROMETHEUS_CONFIG") or HERE / "prometheus")
    target = run / "prometheus"
    # What Prometheus keeps there is for those who have the password.
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.mkdir(exist_ok=True)
    private(run / "web.yml", f"basic_auth_users: {quoted({value('ADMIN_USER'): secret_hash})}\n")
    private(run / "password", secret)
    login = quoted({"username": value("ADMIN_USER"), "password_file": str(run / "password")})
    text = localised((source / "prometheus.yml").read_text(), login)
    (target / "prometheus.yml").write_text(text)
    rules = target / "rules"
    rules.unlink(missing_ok=True)
    rules.symlink_to((source / "rules").resolve())
    return text
