"""Clients that break the rules: each gets an answer or a closed connection, and the next good request is served.

    python service/tests_external/hostile_clients.py [--url http://127.0.0.1:8000]

Without an address a service is started. Nothing but this machine is spoken to.
"""

import argparse
import contextlib
import json
import socket
import time

from common import EXAMPLE, Checks, Service, given_or_running

JSON = "Content-Type: application/json\r\n"
MEGABYTE = 1 << 20


def connect(service: Service, timeout: float = 60) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout)


def status_of(connection: socket.socket) -> int | None:
    """The status of the answer; none if the connection was closed instead."""
    received = b""
    with contextlib.suppress(OSError):
        while b"\r\n" not in received and (piece := connection.recv(4096)):
            received += piece
    return int(received.split()[1]) if received.startswith(b"HTTP/1.1 ") else None


def post(service: Service, path: str, body: bytes, headers: str = JSON) -> int | None:
    """Sends a body whole, as far as the service takes it; the status."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    with connect(service) as connection:
        # It may answer and close before everything is sent.
        with contextlib.suppress(OSError):
            connection.sendall(head.encode() + body)
        return status_of(connection)


def bad_bodies() -> list[tuple[str, str, bytes, set]]:
    """What is sent where, and which statuses are right."""
    def row(text: str) -> bytes:
        return b'{"feature_vector":[%s,0]}' % text.encode()

    deep = b"[" * 10_000
    bodies = [
        ("10,000 nested arrays", b'{"feature_vector":' + deep + b"]" * 10_000 + b"}", {400, 422}),
        ("10,000 nested arrays, never closed", deep, {400, 422}),
        ("10,000 nested objects", b'{"a":' * 10_000, {400, 422}),
        ("invalid UTF-8", b'{"feature_vector":[1,2],"\xff\xfe":1}', {400, 422}),
        ("UTF-8 of half a character", b'{"feature_vector":[1,2],"\xe2\x82":1}', {400, 422}),
        ("UTF-16", '{"feature_vector":[1,2]}'.encode("utf-16"), {400, 422}),
        ("1e999", row("1e999"), {400, 422}),
        ("-1e999", row("-1e999"), {400, 422}),
        ("1e39, beyond f32", row("1e39"), {422}),
        ("a number of 100,000 digits", row("1" * 100_000), {400, 422}),
        ("NaN", row("NaN"), {400}),
        ("duplicate keys", b'{"feature_vector":[1,2],"feature_vector":[3,4]}', {400, 422}),
        ("two values", b'{"feature_vector":[1,2]}{"feature_vector":[1,2]}', {400, 422}),
        ("100,000 features", b'{"feature_vector":[' + b"0," * 99_999 + b"0]}", {422}),
        ("no features", b'{"feature_vector":[]}', {422}),
        ("an unknown field", b'{"feature_vector":[1,2],"x":1}', {422}),
        ("nothing", b"", {400}),
        ("zeros", b"\0" * 1000, {400}),
    ]
    sent = [("/prediction", *body) for body in bodies]
    wide = json.dumps({"feature_vectors": [[0, 0]] * 10_001}).encode()
    sent.append(("/predictions", "10,001 rows", wide, {413, 422}))
    infer = b'{"inputs":[{"name":"x","shape":[%s],"datatype":"FP64","data":[1,2]}]}'
    for shape in (b"18446744073709551615,2", b"9223372036854775807,9223372036854775807", b"-1,2", b"1,2,3", b"0,2", b"1,2.5", b""):
        sent.append(("/v2/models/isoforest/infer", f"a shape of [{shape.decode()}]", infer % shape, {400, 413, 422}))
    return sent


def send_bad_bodies(service: Service, checks: Checks) -> None:
    for path, what, body, expected in bad_bodies():
        status = post(service, path, body)
        checks.see(status in expected, f"{path}: {what}: {status}")
        if not service.is_well():
            checks.see(False, f"the request after {what} is served")


def send_oversize(service: Service, checks: Checks) -> None:
    """100 MB, with their length said before, and in pieces without it."""
    for path in ("/prediction", "/predictions", "/v2/models/isoforest/infer"):
        status = post(service, path, b" " * (100 * MEGABYTE))
        checks.see(status in (413, None), f"{path}: 100 MB: {status or 'closed'}")
        status = post_in_pieces(service, path)
        checks.see(status in (413, None), f"{path}: 100 MB in pieces: {status or 'closed'}")
    checks.see(service.is_well(), "the request after 100 MB is served")


def post_in_pieces(service: Service, path: str) -> int | None:
    with connect(service) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"
        with contextlib.suppress(OSError):
            connection.sendall(head.encode())
            piece = b"%x\r\n%s\r\n" % (MEGABYTE, b" " * MEGABYTE)
            for _ in range(100):
                connection.sendall(piece)
            connection.sendall(b"0\r\n\r\n")
        return status_of(connection)


def bad_requests(service: Service, checks: Checks) -> None:
    """What is no HTTP, or HTTP that nobody should send."""
    for what, request in {
        "no HTTP": b"hello\r\n\r\n",
        "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
        "a method that nobody knows": b"FETCH /prediction HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a path of 100,000 characters": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "10,000 headers": b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
        "a header of 1 MB": b"GET / HTTP/1.1\r\nX-A: " + b"a" * MEGABYTE + b"\r\n\r\n",
        "a negative length": b"POST /prediction HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "two lengths": b"POST /prediction HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        "a piece that says it has 2^64 bytes":
            b"POST /prediction HTTP/1.1\r\nHost: localhost\r\n" + JSON.encode() + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
        "a path that climbs": b"GET /docs/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a path that climbs in disguise": b"GET /docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a path that is no UTF-8": b"GET /%ff%fe%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    }.items():
        with connect(service) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            status = status_of(connection)
        checks.see(status is None or 400 <= status < 500 or status == 501, f"{what}: {status or 'closed'}")
        if not service.is_well():
            checks.see(False, f"the request after {what} is served")


def slow_clients(service: Service, checks: Checks, seconds: float) -> None:
    """Hundreds that send a byte now and then, headers or bodies; the others do not notice.

    There are more slow bodies of each kind than the service works on at once, and each lasts longer than it waits for one.
    """
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100
    begins = [b"POST /prediction HTTP/1.1\r\n"] * 60 + [head % b"/prediction"] * 300 + [head % b"/predictions"] * 40
    batch = {"feature_vectors": [EXAMPLE["feature_vector"]] * 3}
    with contextlib.ExitStack() as open_ones:
        connections = [open_ones.enter_context(connect(service)) for _ in begins]
        for begin, connection in zip(begins, connections, strict=True):
            connection.sendall(begin)
        end = time.monotonic() + seconds
        served = asked = 0
        while time.monotonic() < end:
            for begin, connection in zip(begins, connections, strict=True):
                # The service may have closed it: that is one of the right answers.
                with contextlib.suppress(OSError):
                    connection.sendall(b"X-A: b\r\n" if begin is begins[0] else b"[")
            asked += 2
            served += service.is_well() + (service.ask("POST", "/predictions", batch)[0] == 200)
            time.sleep(0.2)
    checks.see(served == asked, f"{len(begins)} slow clients, and {served} of {asked} good requests served")


def half_open(service: Service, checks: Checks) -> None:
    """Connections that say nothing, or end in the middle of a request, by a reset or by silence."""
    with contextlib.ExitStack() as open_ones:
        for _ in range(400):
            open_ones.enter_context(connect(service))
        checks.see(service.is_well(), "400 connections that say nothing, and a good request is served")
    for i in range(200):
        with connect(service) as connection:
            connection.sendall(b"POST /prediction HTTP/1.1\r\nHost: localhost\r\n" + JSON.encode() + b"Content-Length: 100\r\n\r\n{")
            if i % 2:
                # No farewell: the service meets a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    checks.see(service.is_well(), "200 requests broken off in the middle, and a good one is served")


def broken_off_in_the_answer(service: Service, checks: Checks) -> None:
    body = json.dumps({"feature_vectors": [[0, 0]] * 10_000, "score": True, "explain": True}).encode()
    head = b"POST /predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    for _ in range(20):
        with connect(service) as connection:
            connection.sendall(head + body)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    # Their work may still be under way, and only so much of it is let in at once.
    end = time.monotonic() + 30
    while not service.is_well() and time.monotonic() < end:
        time.sleep(0.1)
    checks.see(service.is_well(), "20 clients that leave before the answer to a batch, and a good request is served")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="address of a running service on this machine")
    parser.add_argument("--slow-seconds", type=float, default=10, help="how long the slow clients go on")
    arguments = parser.parse_args()
    checks = Checks()
    with given_or_running(arguments.url) as service:
        checks.see(service.is_well(), "a good request is served")
        send_bad_bodies(service, checks)
        bad_requests(service, checks)
        half_open(service, checks)
        broken_off_in_the_answer(service, checks)
        send_oversize(service, checks)
        slow_clients(service, checks, arguments.slow_seconds)
        internal = service.metric("http_requests_total", code="500")
        checks.see(internal == 0, f"{internal:.0f} answers had the status 500")
        if service.process:
            megabytes = service.resident_bytes() / MEGABYTE
            checks.see(megabytes < 200, f"resident memory after all that: {megabytes:.0f} MiB")
    checks.end("hostile clients are")


if __name__ == "__main__":
    main()
