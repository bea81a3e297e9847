"""Runs a Python program that ends when its supervisor does: python -m config.tether FD MODULE [ARGUMENT...]

FD is the reading end of a pipe that nobody writes to. Only the supervisor holds the other end, so reading
ends when it does, however it ended. That works wherever there are pipes, costs nothing while idle, and takes
along the program's own children, which PR_SET_PDEATHSIG would not.
"""

import os
import runpy
import signal
import sys
import threading


def hold(fd: int) -> None:
    """End this process and its whole group, at once, when the other end of the pipe closes."""
    threading.Thread(target=_wait, args=[fd], name="tether", daemon=True).start()


def _wait(fd: int) -> None:
    os.read(fd, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
