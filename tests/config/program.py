"""A child for a supervisor: writes its process id into a folder, then sleeps, ends or refuses to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

folder, how = Path(sys.argv[1]), sys.argv[2]
(folder / f"{time.monotonic_ns()}-{how}").write_text(str(os.getpid()))
if how == "fails":
    sys.exit(3)
if how == "ignores":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if how == "forks":
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (folder / f"{time.monotonic_ns()}-grandchild").write_text(str(sleeper.pid))
time.sleep(60)
