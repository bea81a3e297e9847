"""Moves a world's clock on: `python -m tests.bench.hosts_clock URL 35m` after where it stands."""

import json
import sys

import requests


def main(url: str, by: str) -> None:
    session = requests.Session()
    session.trust_env = False
    print(json.dumps(session.post(f"{url}/_sim/clock", json={"advance": by}, timeout=60).json()))


if __name__ == "__main__":
    main(*sys.argv[1:])
