"""Where things are, and the stack's settings: the environment first, then monitoring/.env, then defaults."""

import os
import re
import secrets
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
ENV_FILE = HERE / ".env"
BCRYPT_BYTES = 72
DEFAULTS = {
    "ADMIN_USER": "admin",
    "BIND_ADDRESS": "127.0.0.1",
    "SERVICE_PORT": "8000",
    "GRAFANA_PORT": "3000",
    "PROMETHEUS_PORT": "9090",
    "MODEL_DIR": "../notebooks",
    "MODEL_FILE": "model.json",
    "RETENTION": "48h",
    # Only without containers, where Prometheus and Alertmanager must listen somewhere on this machine.
    "PROMETHEUS_INTERNAL_PORT": "19090",
    "ALERTMANAGER_INTERNAL_PORT": "19093",
    "CADDY_HEALTH_PORT": "19020",
}


def say(text: str) -> None:
    print(f"isoforest: {text}", flush=True)


def stop(text: str) -> None:
    sys.exit(f"isoforest: {text}")


def read_env_file() -> dict[str, str]:
    """The settings in .env; '…' is taken as it stands, in "…" a backslash protects the next character."""
    found = {}
    for line in ENV_FILE.read_text().splitlines() if ENV_FILE.exists() else []:
        match = re.match(r"\s*(?:export\s+)?(\w+)=(.*)", line)
        if not match:
            continue
        name, text = match[1], match[2].strip()
        if text.startswith("'"):
            text = text[1:].split("'", 1)[0]
        elif text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", re.match(r'"((?:\\.|[^"\\])*)', text)[1])
        else:
            text = text.split(" #", 1)[0].rstrip()
        found[name] = text
    return found


def value(name: str) -> str:
    """A setting; empty if it has no value anywhere."""
    return os.environ.get(name) or read_env_file().get(name) or DEFAULTS.get(name, "")


def port(name: str) -> int:
    text = value(name)
    if not text.isdigit() or not 0 < int(text) < 65536:
        stop(f"{name} must be a port, 1 to 65535; got {text!r}")
    return int(text)


def folder(variable: str, default: str) -> Path:
    """A folder from the environment, relative to the repository, as in the Makefile."""
    return ROOT / Path(os.environ.get(variable) or default).expanduser()


def run_folder() -> Path:
    """Where the stack keeps its data and logs if it runs without containers."""
    return folder("RUN_DIR", "monitoring/.run")


def model_file() -> Path:
    """The model to serve: MODEL, a path from the repository's folder; else MODEL_DIR, from monitoring/, and MODEL_FILE."""
    if os.environ.get("MODEL"):
        return folder("MODEL", "")
    return Path(os.path.normpath(HERE / Path(value("MODEL_DIR")).expanduser() / value("MODEL_FILE")))


def check_settings() -> None:
    """Ends the program at a setting that the stack's programs would refuse less clearly; ports.py sees to ports."""
    user = value("ADMIN_USER")
    if is_misread(user) or ":" in user or not user.isprintable():
        stop(f"ADMIN_USER must not contain a colon, ${{, $__ or unprintable characters, nor begin or end with a space; got {user!r}")
    if not re.fullmatch(r"(\d+(ms|[smhdwy]))+", value("RETENTION")):
        stop(f"RETENTION must be a time such as 48h or 30d; got {value('RETENTION')!r}")


def password() -> str:
    """The password, checked; made and kept in .env if there is none yet."""
    given = value("ADMIN_PASSWORD") or make_env_file()
    if is_misread(given) or "\n" in given or "'" in given:
        stop("ADMIN_PASSWORD must not contain a line break, a single quote, ${ or $__, nor begin or end with a space: "
             "Caddy or Grafana would read another password; choose another")
    if len(given.encode()) > BCRYPT_BYTES:
        stop(f"ADMIN_PASSWORD has {len(given.encode())} bytes; bcrypt, with which Caddy keeps it, takes at most {BCRYPT_BYTES}: choose another")
    return given


def is_misread(text: str) -> bool:
    """Whether Grafana or a browser would make another text of it."""
    return "${" in text or "$__" in text or text != text.strip()


def make_env_file() -> str:
    """A .env like the example, with a random password, that only its owner can read."""
    if ENV_FILE.exists():
        stop(f"{ENV_FILE} has no ADMIN_PASSWORD; write one into it, or remove the file and `make up` makes another")
    made = secrets.token_urlsafe(18)
    text = (HERE / ".env.example").read_text().replace("\nADMIN_PASSWORD=\n", f"\nADMIN_PASSWORD='{made}'\n")
    descriptor = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    say(f"made {ENV_FILE} (only you can read it) with the password {made}")
    return made


def where_to_look(with_grafana: bool, with_alertmanager: bool = False) -> None:
    """Every address and user."""
    host = "127.0.0.1" if value("BIND_ADDRESS") == "0.0.0.0" else value("BIND_ADDRESS")
    user = value("ADMIN_USER")
    secret = "the password is in the environment" if os.environ.get("ADMIN_PASSWORD") else f"the password is in {ENV_FILE}"
    print(f"\n  service      http://{host}:{value('SERVICE_PORT')}/docs and /metrics\n"
          f"  Prometheus   http://{host}:{value('PROMETHEUS_PORT')}   user {user}")
    if with_alertmanager:
        print(f"  Alertmanager http://127.0.0.1:{value('ALERTMANAGER_INTERNAL_PORT')}   user {user}; only from this machine")
    if with_grafana:
        print(f"  Grafana      http://{host}:{value('GRAFANA_PORT')}   user {user}; dashboard \"Service\"")
    print(f"\n  {secret}\n  make replay sends traffic, make logs follows the logs, make down stops everything", flush=True)
