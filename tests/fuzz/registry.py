"""Every contract by its name, which is also the folder of its cases."""

from tests.fuzz import contracts, findings, repositories, strategies

PLAIN = {
    "unpack": contracts.unpacks,
    "maps": contracts.recovers,
    "inventory": findings.takes,
    "exposures": findings.exposes,
    "encodings": findings.encodings,
    "tokens": findings.tokens,
    "fingerprints": findings.fingerprints,
    "terms": findings.phrases,
    "repeated": findings.repeated,
    "index": findings.reads_an_index,
    "background": findings.reads_a_background,
    "bundles": repositories.bundles,
}
CONTRACTS = PLAIN | {
    "archives": strategies.archives_hold.hypothesis.fuzz_one_input,
    "whole-maps": strategies.maps_hold.hypothesis.fuzz_one_input,
    "repositories": repositories.repositories_hold.hypothesis.fuzz_one_input,
}
