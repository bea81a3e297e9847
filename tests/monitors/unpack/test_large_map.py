"""A map of the size that started it all is read whole, in bounded memory."""

import json
import subprocess
import sys
import textwrap

import pytest

MAKE_AND_READ = textwrap.dedent("""
    import json, resource, sys
    from pathlib import Path
    from monitors.inventory import take
    from monitors.unpack import unpack

    def peak():
        # In MiB, of this process itself: ru_maxrss would count its parent's share.
        if Path("/proc/self/status").exists():
            told = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
            return int(told) >> 10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20

    line = 'export const value = "a string" + other("ü");\\n'
    sources = {f"../src/{number // 50}/{number}.ts": f"// {number}\\n" + line * 380 for number in range(3000)}
    told = {"version": 3, "sources": list(sources), "sourcesContent": list(sources.values())}
    content = json.dumps(told | {"mappings": "AAAA;" * 200_000}, ensure_ascii=False).encode()
    del sources, told
    calls = []
    inventory = take(unpack(content, name="cli.js.map", progress=lambda *call: calls.append(call)))
    print(json.dumps({
        "mib": len(content) >> 20,
        "peak": peak(),
        "first": inventory.totals()["ownership"]["first"]["files"],
        "lines": inventory.totals()["ownership"]["first"]["lines"],
        "stages": sorted({stage for stage, _, _ in calls}),
        "calls": len(calls),
        "last": calls[-1][1] == len(content),
    }))
""")


@pytest.mark.slow  # makes and reads 55 MB
def test_a_60_mb_map_takes_less_than_400_mib():
    read = subprocess.run([sys.executable, "-c", MAKE_AND_READ], capture_output=True, check=True)
    told = json.loads(read.stdout)

    assert told["mib"] >= 55
    assert (told["first"], told["lines"]) == (3000, 3000 * 381)
    assert told["stages"] == ["recovering", "unpacking"]
    assert told["last"]
    assert told["calls"] < 100
    assert told["peak"] < 400
