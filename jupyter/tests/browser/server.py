"""A JupyterLab to look at: one that is started here, or one that runs already; and its files and kernels, by its REST API."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from settings import HERE, NOTEBOOKS

# Not by a proxy, which could not reach this machine and must not see the token.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A JupyterLab that runs at an address; what a test leaves there is removed by `clean`."""

    def __init__(self, url: str):
        self.url = url
        parts = urllib.parse.urlsplit(url)
        self.address = f"{parts.scheme}://{parts.netloc}"
        self.token = urllib.parse.parse_qs(parts.query)["token"][0]
        self.folder = NOTEBOOKS.name
        self.before = {session["id"] for session in self.get("sessions")}
        self.files = []

    def ask(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/{path}", data=data, method=method)
        request.add_header("Authorization", f"token {self.token}")
        with OPENER.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def get(self, path: str):
        return self.ask("GET", path)

    def write(self, name: str, content, kind: str) -> str:
        """Puts a file beside the notebooks; its path on the server."""
        path = f"{self.folder}/{name}"
        body = {"type": kind, "content": content}
        self.ask("PUT", f"contents/{path}", body if kind != "file" else {**body, "format": "text"})
        self.files.append(path)
        return path

    def clean(self) -> None:
        """Stops the kernels that were started since, and removes the files that were written."""
        for session in self.get("sessions"):
            if session["id"] not in self.before:
                self.ask("DELETE", f"sessions/{session['id']}")
        for path in reversed(self.files):
            try:
                self.ask("DELETE", f"contents/{path}")
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
        self.files.clear()

    def stop(self) -> None:
        """Leaves alone what was not started here."""


class OwnServer(Server):
    """A JupyterLab by the script of `make run`, with settings of its own that touch nothing in the user's home."""

    def __init__(self, **settings: str):
        self.home = tempfile.TemporaryDirectory(prefix="isoforest-browser-")
        home = Path(self.home.name)
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port()), "MODEL_PATH": str(home / "model.json")}
        # What a click in JupyterLab changes, the theme for example, is kept in these.
        for variable in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
            environment[variable] = str(home / variable)
        environment.update(settings)
        # ENGINE: a container has the other way, --url.
        environment["ENGINE"] = "native"
        self.process = subprocess.Popen([sys.executable, HERE / "serve.py"], env=environment, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "token=" in line:
                # What it says later must not fill the pipe.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                super().__init__("http" + line.split("http", 1)[1].strip())
                return
        self.process.wait()
        self.home.cleanup()
        sys.exit("isoforest: JupyterLab did not start")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.home.cleanup()
