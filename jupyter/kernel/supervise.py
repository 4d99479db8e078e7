"""Starts the kernel, stays beside it, and mends what is missing in it towards Jupyter.

    supervise.py KERNEL CONNECTION_FILE

Two things. Its sockets: see relay.py. And the stop button: evcxr answers an interrupt by killing the process that holds the
variables, whatever that process is doing: in the middle of a compilation, or while nothing runs at all, the variables are
lost for nothing, and in no case does it say so. So Jupyter sends its signal here instead (kernel.json: interrupt_mode
"signal"), and that process is killed only while it runs a cell. This part needs /proc, that is Linux; elsewhere Jupyter's
message goes to the kernel as it is.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import relay

LOST = """
isoforest: interrupted. Rust cannot leave a cell half-way and keep what it was working on: all variables are gone.
isoforest: Imports, functions and types are still known. Run the cells above again: Run → Run All Above Selected Cell.
isoforest: Until then a variable's name is unknown to Rust, and `df` is taken for the macro that makes data frames (“found macro `df`”).
"""
KEPT = """
isoforest: interrupted while the cell was compiled; it did not run. All variables are still there.
"""
# The number of the system call `read`, by processor.
READ = {"x86_64": "0", "aarch64": "63"}


def children() -> dict[int, list[int]]:
    """The processes of each process."""
    result = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
            # The name, in brackets, may hold anything; behind it stand the state and the parent.
            parent = file.read().rpartition(")")[2].split()[1]
            result.setdefault(int(parent), []).append(int(name))
    return result


def below(pid: int, tree: dict[int, list[int]]) -> list[int]:
    """A process and all that it started."""
    return [pid] + [found for child in tree.get(pid, []) for found in below(child, tree)]


def is_executor(pid: int, kernel: int) -> bool:
    """Whether a process is the one that runs the cells: the kernel's own program once more."""
    with contextlib.suppress(OSError):
        return os.path.samefile(f"/proc/{pid}/exe", f"/proc/{kernel}/exe")
    return False


def waits_for_a_cell(pid: int) -> bool:
    """Whether it reads its standard input, by which it is told to run the next cell."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/syscall", encoding="ascii") as file:
        # The number of the system call and its arguments; the one word "running" outside of any.
        return file.read().split()[:2] == [READ.get(os.uname().machine), "0x0"]
    return False


def say(text: str, executor: int) -> None:
    """Says it in the output of the cell: the kernel shows all that comes by this pipe."""
    with contextlib.suppress(OSError), open(f"/proc/{executor}/fd/2", "w", encoding="utf-8") as pipe:
        pipe.write(text)


def end(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def interrupt(kernel: int) -> None:
    tree = children()
    executors = [pid for pid in tree.get(kernel, []) if is_executor(pid, kernel)]
    compilers = [found for child in tree.get(kernel, []) if child not in executors for found in below(child, tree)]
    for executor in executors:
        if not waits_for_a_cell(executor):
            say(LOST, executor)
            end(below(executor, tree))
        elif compilers:
            say(KEPT, executor)
            end(compilers)


def main() -> None:
    program, connection_file = sys.argv[1:]
    outer = relay.read_connection(connection_file)
    inner = relay.inner_connection(outer)
    # The signal comes to the whole group of processes. What is ignored here stays so in what is started, and Jupyter's
    # signal must not be missed for a moment.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with tempfile.TemporaryDirectory(prefix="isoforest-kernel-") as folder:
        inner_file = Path(folder, "connection.json")
        relay.write_connection(inner_file, inner)
        kernel = subprocess.Popen([program, "--control_file", inner_file])
        signals, byte = os.pipe()
        os.set_blocking(byte, False)
        signal.set_wakeup_fd(byte)
        signal.signal(signal.SIGINT, lambda *_: interrupt(kernel.pid))
        signal.signal(signal.SIGTERM, lambda *_: kernel.terminate())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        relay.Relay(outer, inner).run(signals, lambda: kernel.poll() is not None)
        status = kernel.wait()
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
