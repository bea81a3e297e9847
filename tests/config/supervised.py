"""Runs a supervisor over `tests.config.program`: `python -m tests.config.supervised FOLDER HOW...`."""

import sys

from config.supervisor import Child, Supervisor

if __name__ == "__main__":
    folder = sys.argv[1]
    given = ((how, 3 * (how == "nice")) for how in sys.argv[2:])
    Supervisor([Child(how, "tests.config.program", folder, how, nice=nice) for how, nice in given]).run()
