"""Keeps a few child processes running until it is told to stop, and lets none of them outlive it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from time import monotonic

STOP = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
GRACE = 4.0  # seconds a child has to end by itself
STEADY = 3.0  # seconds: a child that lived longer did not fail to start
FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0  # seconds before a child that failed to start is started again


class Child:
    """One Python program, in a process group of its own, started again whenever it ends.

    A `nice` one, from 1 to 19, leaves the processors to others that want them.
    """

    def __init__(
        self, name: str, module: str, *arguments: str, fds: Sequence[int] = (), nice: int = 0
    ) -> None:
        self.name, self.nice = name, nice
        self.program = [module, *arguments]
        self.fds = fds
        self.process: subprocess.Popen[bytes] | None = None
        self.began_at = 0.0
        self.starts_at = 0.0
        self.wait = 0.0

    def start(self, tether: int) -> None:
        self.began_at = monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.tether", str(tether), *self.program],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            pass_fds=(tether, *self.fds),
            preexec_fn=partial(os.nice, self.nice),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone; a group can be ended as a whole
        )

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def sweep(self) -> None:
        """End whatever is left of the process's group."""
        if self.process:
            # macOS refuses to signal a group of zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def plan_restart(self) -> str:
        """Settle when to start again, later each time it fails to start; what happened, as a sentence."""
        now, code = monotonic(), self.process.returncode if self.process else 0
        lived = now - self.began_at
        self.wait = 0.0 if lived > STEADY else min(max(2 * self.wait, FIRST_WAIT), LONGEST_WAIT)
        self.starts_at, self.process = now + self.wait, None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        when = f"again in {self.wait:g} s" if self.wait else "again"
        return f"The {self.name} {how} after {lived:.0f} s. Starting it {when}."


class Supervisor:
    """Runs its children from `run()` until SIGINT, SIGTERM or SIGHUP; sleeps in between."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.is_stopping = False
        # Nothing is ever written to it. See config/tether.py.
        self.tether, self._held = os.pipe()
        self._wakes, wake = os.pipe()
        os.set_blocking(self._wakes, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in STOP:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Returns within GRACE and a moment after the signal, when no child runs any more."""
        try:
            while not self.is_stopping:
                self._mend()
                self._sleep(self._next_start())
        finally:
            self._end()

    def _stop(self, *_: object) -> None:
        self.is_stopping = True

    def _mend(self) -> None:
        for child in self.children:
            if child.has_ended():
                child.sweep()
                print(child.plan_restart(), file=sys.stderr, flush=True)
            if child.process is None and child.starts_at <= monotonic():
                child.start(self.tether)

    def _next_start(self) -> float | None:
        """Seconds until a child is to be started; None when all run."""
        waits = [child.starts_at - monotonic() for child in self.children if child.process is None]
        return max(min(waits), 0) if waits else None

    def _sleep(self, seconds: float | None) -> None:
        """Until a signal comes, a child's end being one, but not longer than `seconds`."""
        if select.select([self._wakes], [], [], seconds)[0]:
            os.read(self._wakes, 512)

    def _end(self) -> None:
        deadline = monotonic() + GRACE
        for child in self.children:
            child.signal(signal.SIGTERM)
        while (
            any(child.process and not child.has_ended() for child in self.children) and monotonic() < deadline
        ):
            self._sleep(deadline - monotonic())
        for child in self.children:
            child.sweep()
            if child.process:
                child.process.wait()
