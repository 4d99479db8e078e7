"""Whether the ports of the stack are free, said before anything is started."""

import errno
import socket

from settings import port, stop, value


def check(listens: dict[str, list[str]], running: list[str]) -> None:
    """Ends the program if two settings name one port, or if something else listens where one of those not yet running is to.

    `listens` has the settings of each part of the stack.
    """
    chosen = {name: port(name) for names in listens.values() for name in names}
    for name, number in chosen.items():
        same = [other for other in chosen if chosen[other] == number]
        if len(same) > 1:
            stop(f"{' and '.join(same)} are both {number}; each needs a port of its own")
    taken = [name for part, names in listens.items() if part not in running for name in names if not is_free(address(name), chosen[name])]
    if taken:
        shown = ", ".join(f"{chosen[name]} ({name})" for name in taken)
        other = next(number for number in range(chosen[taken[0]] % 10000 + 10001, 65536)
                     if number not in chosen.values() and is_free(address(taken[0]), number))
        stop(f"something else is listening at {address(taken[0])} on port {shown}; stop it, or choose another port: {taken[0]}={other} make up")


def address(name: str) -> str:
    """Where a port is opened; what only the stack itself asks is never opened to others."""
    return "127.0.0.1" if name.endswith("_INTERNAL_PORT") or name == "CADDY_HEALTH_PORT" else value("BIND_ADDRESS")


def is_free(host: str, number: int) -> bool:
    try:
        family, *_, where = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            # Connections that have ended do not count as listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except socket.gaierror:
        stop(f"BIND_ADDRESS must be an address of this machine, such as 127.0.0.1 or 0.0.0.0; got {host!r}")
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            stop(f"BIND_ADDRESS must be an address of this machine, such as 127.0.0.1 or 0.0.0.0; {host} is not")
        if error.errno == errno.EACCES:
            stop(f"this user may not open port {number}; choose one above 1023")
        return False
    return True
