"""What every dialect is: a host's way of speaking, over the objects of the world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from monitors.simulator.limits import Limit, Standing, Style, silent
from monitors.simulator.messages import Request, Response

if TYPE_CHECKING:
    from monitors.simulator.world import World


class Dialect:
    """One kind of host. Write `answer`; say the limits; override the rest only where the host differs.

    The server counts, refuses, adds the limit's headers and makes the faults.
    """

    kind: ClassVar[str] = ""
    tables: ClassVar[frozenset[str]] = frozenset()  # of a world file, that put something here
    late: ClassVar[timedelta] = timedelta()  # of those that draw on others' repositories
    limits: ClassVar[Mapping[str, Limit]] = {}  # by bucket, for those with a token
    anonymous: ClassVar[Mapping[str, Limit] | None] = None  # for the others; None: the same
    style: ClassVar[Style] = staticmethod(silent)  # how its headers tell the limit (see limits)
    tells: ClassVar[bool] = False  # whether those headers say how many are left
    mine: ClassVar[Mapping[tuple[str, ...], object]] = {}  # what it tells the owner of a token, by path
    pace: ClassVar[Limit | None] = None  # a second limit, over all buckets, which no header tells

    @property
    def prefix(self) -> str:
        """Where its paths begin: "/npm"."""
        return f"/{self.kind}"

    def front(self, world: World) -> str | None:
        """What follows the prefix in the address that a source is given; None where there is nothing."""
        return ""

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        """What the host says at this moment of the world."""
        raise NotImplementedError

    def own(self, request: Request) -> Response | None:
        """What is for the owner of a token alone; None for any other address. "revoked" is nobody's token."""
        if request.parts not in self.mine:
            return None
        is_known = request.token not in ("", "revoked")
        return Response.json(self.mine[request.parts]) if is_known else self.error(401, "Unauthorized")

    def bucket(self, request: Request) -> str | None:
        """Which of `limits` the request draws on; None when the host does not count it."""
        return next(iter(self.limits), None)

    def token(self, request: Request) -> str:
        """Who asks."""
        return request.token

    def cost(self, request: Request, response: Response) -> int:
        """What the answer draws on the bucket."""
        return 1 if response.cost is None else response.cost

    def limited(self, request: Request, standing: Standing) -> Response:
        """The refusal of one who asked too often; the server adds Retry-After."""
        return self.error(429, "Too many requests.")

    def secondary(self, request: Request, standing: Standing) -> Response:
        """The refusal of one who asks too fast; the server adds Retry-After."""
        return self.limited(request, standing)

    def retry_after(self, seconds: int, until: datetime) -> Mapping[str, str]:
        """How it says when to come back. `until` is a moment of the asker's."""
        return {"Retry-After": str(seconds)}

    def error(self, status: int, message: str) -> Response:
        """An error in this host's shape."""
        return Response.json({"message": message}, status)

    @classmethod
    def buckets(cls) -> tuple[str, ...]:
        """What a world file may limit here."""
        return (*cls.limits, *(f"{bucket}_anonymous" for bucket in cls.limits))

    def limit(self, bucket: str, token: str, world: World) -> Limit | None:
        """What somebody may do: the world file's figure, else the dialect's own."""
        stated = world.limits.get(self.kind, {}).get(bucket if token else f"{bucket}_anonymous")
        own = self.limits if token or self.anonymous is None else self.anonymous
        return stated or own.get(bucket)
