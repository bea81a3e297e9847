"""Every contract by its name, which is also the folder of its cases."""

from tests.fuzz import contracts, findings, readers, repositories, strategies

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
    "index": readers.reads_an_index,
    "background": readers.reads_a_background,
    "identity": readers.reads_an_identity,
    "matching": readers.compares,
    "dangers": readers.finds_dangers,
    "bundles": repositories.bundles,
}
CONTRACTS = PLAIN | {
    "archives": strategies.archives_hold.hypothesis.fuzz_one_input,
    "whole-maps": strategies.maps_hold.hypothesis.fuzz_one_input,
    "repositories": repositories.repositories_hold.hypothesis.fuzz_one_input,
}
