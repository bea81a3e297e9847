"""What the tests of a repository's forks share."""

LEAK = {"src/main.ts": b"leak", "src/util/b.ts": b"b", "README.md": b"# leak"}


def fork(hub, of, count, *, start=100, **named):
    return [
        hub.add(f"user{of.id}-{start}-{number}/leak", of=of, created=start + number, **named)
        for number in range(count)
    ]


def names(candidates):
    return [candidate.title for candidate in candidates]
