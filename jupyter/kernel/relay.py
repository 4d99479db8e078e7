"""Stands between Jupyter's sockets and the kernel's, and passes on what comes, unchanged.

evcxr_jupyter 0.22 speaks ZeroMQ by the crate `zeromq` 0.6, which can lock up for good when one client leaves while another
one connects (the lock of its table of peers is waited for on the very thread that holds it). JupyterLab does just that as
it opens a notebook: about one kernel in twenty then showed "Rust | Unknown" and ran no cell. Here Jupyter's clients come
and go on libzmq's side, and the kernel has one client for each of its sockets, from its start to its end.
"""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import zmq

# For each of the kernel's sockets: the kind that takes its place towards Jupyter, and the kind that is its client.
KINDS = {
    "shell": (zmq.ROUTER, zmq.DEALER),
    "control": (zmq.ROUTER, zmq.DEALER),
    "stdin": (zmq.ROUTER, zmq.DEALER),
    "hb": (zmq.ROUTER, zmq.DEALER),
    "iopub": (zmq.PUB, zmq.SUB),
}
MILLISECONDS_TO_END = 300


def inner_connection(outer: dict) -> dict:
    """The same connection at other ports of this machine, which nobody listens at."""
    probes = {name: socket.create_server(("127.0.0.1", 0)) for name in KINDS}
    ports = {f"{name}_port": probe.getsockname()[1] for name, probe in probes.items()}
    for probe in probes.values():
        probe.close()
    return {**outer, **ports, "transport": "tcp", "ip": "127.0.0.1"}


def endpoint(connection: dict, name: str) -> str:
    between = ":" if connection["transport"] == "tcp" else "-"
    return f"{connection['transport']}://{connection['ip']}{between}{connection[name + '_port']}"


class Relay:
    """The sockets of both sides."""

    def __init__(self, outer: dict, inner: dict):
        self.context = zmq.Context()
        self.other_side = {}
        self.poller = zmq.Poller()
        for name, (kind, client_kind) in KINDS.items():
            to_jupyter, to_kernel = self.context.socket(kind), self.context.socket(client_kind)
            if name == "iopub":
                # Nothing that a cell prints may be lost, however fast.
                to_jupyter.sndhwm = to_kernel.rcvhwm = 0
                to_kernel.subscribe(b"")
            # The kernel needs a moment until it listens.
            to_kernel.reconnect_ivl = 10
            to_jupyter.bind(endpoint(outer, name))
            to_kernel.connect(endpoint(inner, name))
            self.pass_on(to_kernel, to_jupyter)
            if kind != zmq.PUB:
                self.pass_on(to_jupyter, to_kernel)

    def pass_on(self, source, target) -> None:
        self.other_side[source] = target
        self.poller.register(source, zmq.POLLIN)

    def run(self, signals: int, has_ended: Callable[[], bool]) -> None:
        """Passes messages on until the kernel has ended, and then what is left; each signal is a byte from `signals`."""
        self.poller.register(signals, zmq.POLLIN)
        while not has_ended():
            ready = [source for source, _ in self.poller.poll()]
            if signals in ready:
                ready.remove(signals)
                os.read(signals, 1000)
            self.forward(ready)
        self.poller.unregister(signals)
        while ready := [source for source, _ in self.poller.poll(MILLISECONDS_TO_END // 10)]:
            self.forward(ready)
        self.context.destroy(linger=MILLISECONDS_TO_END)

    def forward(self, sources: list) -> None:
        for source in sources:
            self.other_side[source].send_multipart(source.recv_multipart(copy=False), copy=False)


def read_connection(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_connection(path: Path, connection: dict) -> None:
    """Readable by nobody else: it holds the key that the messages are signed with."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(connection), encoding="utf-8")
