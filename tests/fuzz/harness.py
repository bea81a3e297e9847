"""One contract under libFuzzer: `python -m tests.fuzz.harness CONTRACT CORPUS [-libfuzzer=option ...]`."""

import sys

import atheris

with atheris.instrument_imports(include=["monitors"]):
    from tests.fuzz.registry import CONTRACTS


def main(arguments: list[str]) -> None:
    atheris.Setup([arguments[0], *arguments[2:]], CONTRACTS[arguments[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
