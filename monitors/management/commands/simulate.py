"""`manage.py simulate`: a small outside world to poll, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from monitors import sources
from monitors.simulator import Server, World, WorldError, leak, serve, worldfile


class Command(BaseCommand):
    help = (
        "Serve a simulated outside world on loopback until Ctrl-C. WORLD is a world file, or one of those "
        f"shipped: {', '.join(worldfile.shipped())}."
    )

    def add_arguments(self, parser):
        parser.add_argument("world", metavar="WORLD")
        parser.add_argument(
            "--port",
            type=int,
            default=8790,
            help="on 127.0.0.1, and one for each host after it; 0 takes free ones (8790)",
        )
        parser.add_argument(
            "--speed", type=float, help="how fast time goes there; 0 stands still (the file's, when left out)"
        )
        parser.add_argument(
            "--write-leak",
            metavar="DIR",
            type=Path,
            help="write what leaked to this folder, and serve nothing",
        )

    def handle(self, *, world, port, speed, write_leak, **options):
        try:
            loaded = World.load(world, speed=speed)
        except WorldError as reason:
            raise CommandError(str(reason)) from None
        if write_leak:
            self._write(loaded, write_leak)
        else:
            self._serve(loaded, port)

    def _write(self, world: World, folder: Path) -> None:
        try:
            written = leak.write(world, folder)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
        self.stdout.write(f"Wrote {written.files:,} source files below {written.sources}")
        self.stdout.write(f"and the package as it was published: {written.archive}\n")
        self.stdout.write(f"\n    manage.py open_incident {written.archive} --by NAME --title TITLE \\")
        self.stdout.write(f"        --exposed-at {world.start:%Y-%m-%dT%H:%M:%SZ} --wait")

    def _serve(self, world: World, port: int) -> None:
        try:
            server = serve(world, port)
        except OSError as error:
            raise CommandError(
                f"Port {port} or one of the next cannot be used: {error.strerror}. Try --port 0."
            ) from None
        with server:
            self.stdout.writelines(f"{line}\n" for line in lines(server))
            self.stdout.flush()
            try:
                server.wait()
            except KeyboardInterrupt:
                self.stdout.write("Stopped.")


def lines(server: Server) -> Iterator[str]:
    """Where everything is, and how to point sources at it."""
    world, clock = server.world, server.world.clock
    pace = f"{clock.speed:g} times as fast as here" if clock.speed else "moved by hand"
    yield f'World "{world.name}" at {server.url}; it is {clock.now():%Y-%m-%d %H:%M} UTC there, {pace}.'
    yield ""
    fronts = {kind: server.front(kind) for kind in server.dialects}
    for kind, front in fronts.items():
        yield f"    {kind:<14}{front or 'nothing there in this world'}"
    yield ""
    yield "Point sources at it (any token will do; it names who is counted):"
    yield ""
    yield "    export SIMULATED_TOKEN=sesame"
    for kind in [kind for kind, front in fronts.items() if front and kind in sources.ADAPTERS]:
        yield (
            f"    manage.py add_source --kind {kind} --name simulated-{kind} --url {fronts[kind]} "
            "--token-env SIMULATED_TOKEN --allow-private"
        )
    yield ""
    yield f"Its clock: {server.url}/_sim/clock. What is true, and what was asked: {server.url}/_sim/facts"
