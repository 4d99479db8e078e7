"""Runs JupyterLab on the notebooks and prints its address with the token; Ctrl-C stops it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from settings import DATA, LABELLED, NOTEBOOKS, PYTHON, ROOT

HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8888"
# Where a browser finds the server: elsewhere than where it listens, if it runs in a container.
REACHED_AT = os.environ.get("REACHED_AT") or f"{HOST}:{PORT}"
if not (PORT.isdigit() and 0 < int(PORT) < 65536):
    sys.exit(f"isoforest: PORT must be a number from 1 to 65535, got {PORT!r}; for example: PORT=8889 make run")
PORT = int(PORT)


def check_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError as error:
            sys.exit(f"isoforest: cannot listen at {HOST}:{PORT} ({error.strerror}); choose another port: PORT={PORT + 1} make run")


def wait_until_up(server: subprocess.Popen, token: str) -> None:
    """Waits for an answer to this token: another server's answer, at the same port, would be a refusal."""
    address = "127.0.0.1" if HOST == "0.0.0.0" else HOST
    # Not by a proxy, which could not reach this machine and must not see the token.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"http://{address}:{PORT}/api/status", headers={"Authorization": f"token {token}"})
    while server.poll() is None:
        try:
            opener.open(request, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)


def main() -> None:
    check_port()
    if REACHED_AT.rpartition(":")[0] not in ("127.0.0.1", "localhost", "::1"):
        print(f"isoforest: HOST is {REACHED_AT.rpartition(':')[0]}: other machines can reach this JupyterLab; only its token keeps them out", flush=True)
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)
    command = [PYTHON, "-m", "jupyterlab", "--no-browser", f"--ip={HOST}", f"--port={PORT}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={ROOT}", f"--FileContentsManager.preferred_dir={NOTEBOOKS.name}", "--LabApp.default_url=/lab/tree/notebooks"]
    # Ctrl-C is answered already; what the server has to say beyond its address is for when something is wrong.
    command += ["--ServerApp.answer_yes=True", "--Application.log_level=WARN"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    # The token goes by the environment: a command line can be read by everyone on the machine. The .venv's own kernel comes
    # before one of the same name in the user's home.
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_PREFER_ENV_PATH": "1", "DATA_DIR": str(DATA)}
    if LABELLED:
        environment["LABELLED_DIR"] = str(LABELLED)
    # A terminal that is closed sends SIGHUP to the server as well, which would die of it and leave its kernels behind.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = subprocess.Popen(command, cwd=NOTEBOOKS, env=environment)

    def stop(*_) -> None:
        """Once: a second signal would cut short the server's own ending of its kernels."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        server.terminate()

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        wait_until_up(server, token)
        if server.poll() is None:
            print(f"isoforest: JupyterLab is at http://{REACHED_AT}/lab/tree/notebooks?token={token}\n"
                  "isoforest: Ctrl-C stops it", flush=True)
        server.wait()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # A terminal sends Ctrl-C to the server as well, which then ends its kernels and itself; others may not.
        try:
            server.wait(timeout=3)
        except subprocess.TimeoutExpired:
            stop()
            server.wait()
    sys.exit(0 if server.returncode in (0, -signal.SIGINT, -signal.SIGTERM) else server.returncode)


if __name__ == "__main__":
    main()
