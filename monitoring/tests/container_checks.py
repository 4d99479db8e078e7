"""What must be true of the containers: who they are, what they may, what can be reached."""

import json
import socket
import ssl
import subprocess

from stacks import DOCKER, PASSWORD, USER, Containers, basic, free_ports, listens, own_addresses, until

# Writable places, each with its reason in docker-compose.yml or README.md.
WRITABLE = {
    "prometheus": {"/prometheus"},
    "alertmanager": {"/alertmanager"},
    "grafana": {"/var/lib/grafana"},
    "caddy-tls": {"/data"},
    "caddy-data": {"/data"},
    "jupyter": {"/src"},
    "executor": {"/output"},
    "job": {"/output"},
}
RIGHTS = {"caddy": ["NET_BIND_SERVICE"], "caddy-tls": ["NET_BIND_SERVICE"], "caddy-data": ["CHOWN"]}
ROOT_ALLOWED = {"caddy-data"}  # gives a new volume to Caddy, and ends
PUBLISHING = {"service", "caddy", "caddy-tls", "jupyter"}


def the_file_asks_for_little(stack: Containers) -> str:
    """All services of all profiles, Grafana's too, as Compose understands the file."""
    services = json.loads(stack.ask("--profile", "*", "config", "--format", "json"))["services"]
    for name, one in services.items():
        assert one.get("cap_drop") == ["ALL"], f"{name} keeps capabilities"
        assert one.get("cap_add") in (None, RIGHTS.get(name)), f"{name} has the rights {one['cap_add']}"
        assert "no-new-privileges:true" in one.get("security_opt", []), f"{name} may gain privileges"
        assert one.get("read_only") or name == "jupyter", f"{name} can write everywhere"
        assert one.get("mem_limit") and one.get("pids_limit"), f"{name} has no limits"
        written = {volume["target"] for volume in one.get("volumes", []) if not volume.get("read_only")}
        assert written <= WRITABLE.get(name, set()), f"{name} can write to {written}"
        user = one.get("user") or image_user(one["image"])
        assert user.split(":")[0] not in ("", "0", "root") or name in ROOT_ALLOWED, f"{name} runs as root"
        addresses = {port.get("host_ip") for port in one.get("ports", [])}
        assert addresses <= {"127.0.0.1"} and (not addresses or name in PUBLISHING), f"{name} is published on {addresses}"
    grafana = services["grafana"]["environment"]
    assert grafana["GF_SERVER_ROOT_URL"] == f"http://127.0.0.1:{stack.grafana}", "Grafana would refuse its WebSockets: another origin"
    return f"{len(services)} services"


def image_user(image: str) -> str:
    asked = subprocess.run([DOCKER, "image", "inspect", "--format", "{{.Config.User}}", image], capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.strip()


def containers_are_no_root(stack: Containers) -> str:
    """As they run: user of the process, and what happens at an attempt to write."""
    found = []
    for name in stack.services:
        user = stack.ask("exec", "-T", name, "id", "-u").strip()
        assert user != "0", f"{name} runs as root"
        for place in ("/written", "/etc/written", "/usr/bin/written"):
            assert stack.compose("exec", "-T", name, "touch", place).returncode, f"{name} can write to {place}"
        state = stack.inspect(name)
        assert state["HostConfig"]["ReadonlyRootfs"] and not state["HostConfig"]["Privileged"], name
        found.append(f"{name} {user}")
    environment = stack.ask("exec", "-T", "caddy", "cat", "/proc/1/environ")
    assert "ADMIN_PASSWORD_HASH=" in environment and "ADMIN_PASSWORD=" not in environment, "Caddy remembers the password"
    return ", ".join(found)


def only_two_are_published(stack: Containers) -> str:
    """A scan: the published ports answer on 127.0.0.1 and on no other address; nothing else is published."""
    published = {}
    for name in stack.services:
        for bindings in (stack.inspect(name)["NetworkSettings"]["Ports"] or {}).values():
            published.setdefault(name, []).extend((one["HostIp"], int(one["HostPort"])) for one in bindings or [])
    assert {name for name, ports in published.items() if ports} == {"service", "caddy"}, published
    expected = {stack.service, stack.grafana, stack.prometheus}
    found = {port for ports in published.values() for _, port in ports}
    assert found == expected and {host for ports in published.values() for host, _ in ports} == {"127.0.0.1"}, published
    for port in expected:
        assert listens("127.0.0.1", port), f"nothing answers on 127.0.0.1:{port}"
    for address in own_addresses():
        open_ports = [port for port in expected if listens(address, port)]
        assert not open_ports, f"{address} can be reached on {open_ports}"
    return f"{sorted(found)} on 127.0.0.1, none on {', '.join(own_addresses()) or 'any other'}"


def the_tls_profile_works(stack: Containers) -> str:
    """With a certificate of Caddy's own authority: who is who, the password, what is sent on to https."""
    https, http = free_ports(2)
    variables = {"DOMAIN": "localhost", "TLS_PORT": str(https), "TLS_HTTP_PORT": str(http)}
    started = stack.compose("--profile", "tls", "up", "--detach", "caddy-tls", **variables)
    assert started.returncode == 0, started.stderr
    try:
        root = "/data/caddy/pki/authorities/local/root.crt"
        trust = ssl.create_default_context(cadata=until("Caddy has an authority", lambda: stack.compose("exec", "-T", "caddy-tls", "cat", root).stdout, 30))
        for name, path, expected in (("prometheus.localhost", "/api/v1/targets", 200), ("service.localhost", "/health/live", 200)):
            head = until(f"{name} has a certificate", lambda: head_of(https, name, path, trust), 30)
            assert head.startswith("HTTP/1.1 401"), head
            for password, status in (("wrong", 401), (PASSWORD, expected)):
                head = head_of(https, name, path, trust, (USER, password)).lower()
                assert head.startswith(f"http/1.1 {status}"), f"{name} with {password!r}: {head}"
                assert "strict-transport-security:" in head and "alt-svc:" not in head and "server:" not in head, head
        # Grafana is not there in this test.
        head = head_of(https, "localhost", "/", trust)
        assert head.startswith("HTTP/1.1 503"), head
        head = head_of(http, "localhost", "/", None)
        assert head.startswith("HTTP/1.1 308") and "https://localhost/" in head, head
    finally:
        stack.ask("--profile", "tls", "rm", "--stop", "--force", "caddy-tls", "caddy-data")
    return "401, 401, 200 at prometheus. and service.; http is sent on"


def head_of(port: int, name: str, path: str, trust: ssl.SSLContext | None, login: tuple[str, str] | None = None) -> str:
    """Status line and headers of an answer by the site of this name."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        connection = trust.wrap_socket(plain, server_hostname=name) if trust else plain
        said = f"Authorization: {basic(login)}\r\n" if login else ""
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\n{said}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[0].decode()


def no_password_no_stack(stack: Containers) -> str:
    done = stack.compose("--env-file", "/dev/null", "config", "--quiet", ADMIN_PASSWORD="")
    assert done.returncode and "set ADMIN_PASSWORD" in done.stderr, done
    return done.stderr.strip().splitlines()[-1][-120:]


def configurations_are_valid(stack: Containers) -> str:
    """By each program itself, as it runs in its container."""
    stack.ask("exec", "-T", "prometheus", "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    stack.ask("exec", "-T", "alertmanager", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9093/api/v2/status")
    caddy = 'ADMIN_PASSWORD_HASH="$(echo x | caddy hash-password)" DOMAIN=localhost caddy validate --adapter caddyfile --config /etc/caddy/'
    for file in ("Caddyfile", "tls.Caddyfile"):
        stack.ask("exec", "-T", "caddy", "sh", "-ec", f"export ADMIN_USER=a; {caddy}{file}")
    return "promtool, caddy"
