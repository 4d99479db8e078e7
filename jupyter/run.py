"""Opens JupyterLab: in a container where an engine answers, else on this machine itself; `make run`."""

import os
import subprocess
import sys

import engine
from serve import check_port
from settings import HERE

if engine.choose():
    script = [HERE / "container.py", "run"]
else:
    check_port()  # before minutes of building
    if subprocess.run([sys.executable, HERE / "setup.py"]).returncode:
        sys.exit(1)
    script = [HERE / "serve.py"]
os.execv(sys.executable, [sys.executable, *map(str, script)])
