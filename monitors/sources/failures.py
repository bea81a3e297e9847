"""Why a connection brought no answer, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import requests


def sentence(where: str, error: BaseException, *, late: bool) -> str:
    """What went wrong, from the chain of causes. Libraries' own texts may hold addresses with secrets."""
    chain = list(_causes(error))
    if late or any(isinstance(cause, TimeoutError | requests.Timeout) for cause in chain):
        return f"{where} did not answer in time."
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return f"{where} refuses connections: nothing listens there."
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in chain):
        return f"{where} has no certificate that we trust."
    if any(isinstance(cause, requests.exceptions.ChunkedEncodingError) for cause in chain):
        return f"{where} sent only a part of its answer."
    if any(isinstance(cause, requests.exceptions.ContentDecodingError) for cause in chain):
        return f"{where} sent an answer that cannot be decompressed."
    return f"{where} could not be asked: the connection failed."


def was_hung_up(error: BaseException) -> bool:
    return any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
