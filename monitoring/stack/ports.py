"""Whether the ports of the stack are free, said before anything is started."""

import socket

from settings import port, stop, value


def check(names: list[str]) -> None:
    """Ends the program if something listens where one of these settings says."""
    taken = [name for name in names if not is_free(port(name))]
    if taken:
        shown = ", ".join(f"{value(name)} ({name})" for name in taken)
        other = port(taken[0]) + (10000 if port(taken[0]) < 55536 else -10000)
        stop(f"something else listens at {value('BIND_ADDRESS')} on port {shown}; end it, or choose another port: "
             f"{taken[0]}={other} make up")


def is_free(number: int) -> bool:
    host = value("BIND_ADDRESS")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # Connections that have ended do not count as listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError:
            return False
    return True
