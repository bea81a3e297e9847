"""The only HTTP client. Everything it does is bounded: addresses, seconds, bytes, redirects.

It ignores proxies from the environment on purpose: a proxy would resolve names for us, so the check of the
address at connection time would judge the proxy and not the place. (`.netrc` is ignored with them: no secrets
but our own token.) The environment's certificate bundle still counts.
"""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec
import requests
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from monitors.sources import failures, statuses
from monitors.sources.base import Refused, SourceError, clean
from monitors.sources.transport import GuardedAdapter, Rules, ca_bundle

USER_AGENT = "leakline (looks for copies of leaked source code)"
CHUNK = 64 * 1024
ERROR_BODY = 4096
IN_MEMORY = 8 * 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REPEATED = frozenset({307, 308})  # redirects that keep the method and the body

OnAnswer = Callable[[str, int, Mapping[str, str]], None]
Progress = Callable[[int, int], None]  # bytes done, bytes in all (0 when unknown)
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """The most of everything one request may take. Bytes are counted after decompression."""

    bytes: int = 16 * 1024 * 1024
    seconds: float = 60.0
    download_seconds: float = 900.0
    redirects: int = 5
    connect_seconds: float = 10.0
    read_seconds: float = 30.0


@dataclass(frozen=True)
class Answer:
    """A 2xx or 304 answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    @property
    def is_unchanged(self) -> bool:
        """Whether the host said that what we have still holds (304); there is no content then."""
        return self.status == 304

    @property
    def etag(self) -> str:
        return self.headers.get("ETag", "")[:300]

    @property
    def last_modified(self) -> str:
        return self.headers.get("Last-Modified", "")[:100]

    @property
    def is_html(self) -> bool:
        return statuses.is_html(self.headers, self.content)

    def json(self) -> Any:
        """The decoded content. Raises SourceError when it is a web page or no JSON."""
        return self.decode(object)

    def decode(self, shape: type[T]) -> T:
        """The JSON content in this shape. Raises SourceError when it is a web page or anything else."""
        if self.is_html:
            raise SourceError(f"{place(self.url)} answered with a web page where JSON was due.")
        try:
            return msgspec.json.decode(self.content, type=shape)
        except msgspec.ValidationError:
            raise SourceError(f"{place(self.url)} answered with JSON of a shape we do not know.") from None
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            raise SourceError(f"{place(self.url)} answered with something that is not JSON.") from None


@dataclass(frozen=True)
class _Question:
    """What is sent: a GET, or a POST when there is a body."""

    headers: Mapping[str, str]
    params: Mapping[str, str | int] | None = None
    body: bytes | None = None

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers

    def after(self, status: int, is_same_origin: bool) -> _Question:
        """What is sent on after a redirect: the body where the status says so, credentials nowhere else."""
        headers = {
            name: value
            for name, value in self.headers.items()
            if is_same_origin or name.lower() not in ("authorization", "cookie")
        }
        if self.body is not None and not is_same_origin:
            raise Refused("We were redirected to another host with a question that was not meant for it.")
        return _Question(headers, body=self.body if status in REPEATED else None)


class Client:
    """Asks one thing at a time; each thread needs its own. Every failure is a SourceError.

    The token goes to `home`, the source's own scheme, host and port, and nowhere else.
    """

    def __init__(
        self,
        *,
        token: str = "",
        allow_private: bool = False,
        user_agent: str = USER_AGENT,
        limits: Limits | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self.home = ""
        self.authorize: Callable[[str], str] = bearer
        self.allow_private = allow_private
        self.limits = limits or Limits()
        self.on_answer = on_answer
        self.before_ask: Callable[[str], None] | None = None  # with the address; what it raises stops us
        # What lasts while this address is asked, by us or by git, until what it answered is kept.
        self.errand: Callable[[str], AbstractContextManager[None]] = lambda url: nullcontext()
        # Called again and again while a host is waited for, by us or by git; what it raises stops us.
        self.at_work: Callable[[], None] = lambda: None
        self.requests = 0
        self._token = token
        self._rules = Rules(
            allow_private,
            self.limits.connect_seconds,
            self.limits.read_seconds,
            at_work=lambda: self.at_work(),
        )
        self._session = _session(user_agent, self._rules)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        max_bytes: int | None = None,
        etag: str = "",
        modified: str = "",
    ) -> Answer:
        """The answer, redirects followed. With `etag` or `modified` (an earlier answer's `last_modified`),
        it may be one that `is_unchanged`.

        Raises Refused, RateLimited, Gone or another SourceError.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": modified}
        asked = {**(headers or {}), **{name: value for name, value in known.items() if value}}
        return self._read(url, _Question(asked, params), max_bytes)

    def post(
        self,
        url: str,
        *,
        json: object,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> Answer:
        """The answer to a question too long for an address. Raises like `get`.

        It must change nothing there: it may be sent twice.
        """
        asked = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        return self._read(url, _Question(asked, body=msgspec.json.encode(json)), max_bytes)

    def get_json(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        max_bytes: int | None = None,
    ) -> Any:
        """The decoded JSON. Raises like `get`, and SourceError when the answer is not JSON."""
        asked = {"Accept": "application/json", **(headers or {})}
        return self.get(url, headers=asked, params=params, max_bytes=max_bytes).json()

    def download(
        self,
        url: str,
        *,
        max_bytes: int,
        progress: Progress | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> BinaryIO:
        """The content as a temporary file (in memory below 8 MiB), at its start. Close it when done.

        `progress(done, total)`, in bytes, is called at most 10 times a second; total is 0 when unknown.
        """
        # Handed to the caller, who closes it.
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
        try:
            with self._exchange(url, _Question(headers or {}), self.limits.download_seconds) as response:
                for chunk in _reported(_chunks(response, max_bytes), _length(response), progress):
                    file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def count(self, url: str, times: int) -> None:
        """So many requests of `url` are about to be made by git, in our name. Raises like `before_ask`."""
        for _ in range(times):
            self._permit(url)

    def authorization(self, url: str) -> str:
        """The Authorization header for `url`: "" unless it is at our source's own origin."""
        at_home = bool(self._token and self.home) and _origin(url) == _origin(self.home)
        return self.authorize(self._token) if at_home else ""

    def _read(self, url: str, question: _Question, max_bytes: int | None) -> Answer:
        with self._exchange(url, question, self.limits.seconds) as response:
            if response.status_code == 304 and not question.is_conditional:
                raise SourceError(f"{place(url)} says that nothing changed, and was not asked whether.")
            content = b"".join(_chunks(response, max_bytes or self.limits.bytes))
            return Answer(response.status_code, response.headers, content, str(response.url))

    @contextmanager
    def _exchange(self, url: str, question: _Question, seconds: float) -> Iterator[requests.Response]:
        self._rules.deadline.start(seconds)
        try:
            with self._follow(url, question) as response:
                self._judge(response)
                yield response
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            late = self._rules.deadline.has_passed
            raise SourceError(failures.sentence(place(url), error, late=late)) from None

    def _follow(self, url: str, question: _Question) -> requests.Response:
        start = url
        for _ in range(self.limits.redirects + 1):
            response = self._send(url, question)
            if response.status_code not in REDIRECTS or "Location" not in response.headers:
                return response
            response.close()
            onward = urljoin(str(response.url), response.headers["Location"])
            check_url(onward)
            question = question.after(response.status_code, _is_same_origin(url, onward))
            url = onward
        raise Refused(f"{place(start)} redirected us more than {self.limits.redirects} times.")

    def _send(self, url: str, question: _Question) -> requests.Response:
        check_url(url)
        authorization = self.authorization(url)
        authorized = {**question.headers, **({"Authorization": authorization} if authorization else {})}
        with self.errand(url):
            try:
                response = self._ask(url, question, authorized)
            except requests.ConnectionError as error:
                if not failures.was_hung_up(error):
                    raise
                # A kept connection that the host closed as we wrote to it. Asking anew harms nobody.
                response = self._ask(url, question, authorized)
            if self.on_answer:
                self.on_answer(urlsplit(url).netloc, response.status_code, response.headers)
        return response

    def _ask(self, url: str, question: _Question, headers: Mapping[str, str]) -> requests.Response:
        self._permit(url)
        return self._session.request(
            "GET" if question.body is None else "POST",
            url,
            params=question.params,
            data=question.body,
            headers=dict(headers),
            stream=True,
            allow_redirects=False,
            timeout=(self.limits.connect_seconds, self.limits.read_seconds),
        )

    def _permit(self, url: str) -> None:
        if self.before_ask:
            self.before_ask(url)
        self.requests += 1

    def _judge(self, response: requests.Response) -> None:
        if response.status_code < 300 or response.status_code == 304:
            return
        body = _beginning(response)
        problem = statuses.problem(place(str(response.url)), response.status_code, response.headers, body)
        if problem:
            raise problem


def bearer(token: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc6750#section-2.1"""
    return f"Bearer {token}"


def basic(token: str) -> str:
    """The form in which git hosts take tokens: as the password of any name, or as "name:password"."""
    pair = token if ":" in token else f"x-access-token:{token}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def check_url(url: str) -> None:
    """Raises Refused unless this is a plain http or https address without credentials in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise Refused("This is not a valid web address.") from None
    if not usable:
        raise Refused(f"{place(url)} is not an http or https address.")
    if parts.username is not None or parts.password is not None:
        raise Refused(f"{place(url)} carries a name or password. Give the source a token instead.")


def place(url: str) -> str:
    """The address as a message may show it: no credentials, no query, no control characters."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "The address"
    return clean(f"{parts.scheme}://{host}{port}{parts.path}" if host else url.partition("?")[0])


def joined(url: str, told: str) -> str:
    """Where an address in what `url` answered leads; "" when it is malformed."""
    try:
        return urljoin(url, told)
    except ValueError:
        return ""


def parts(url: str) -> SplitResult:
    """The parts of a stranger's address; all of them "" when it is malformed."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _is_same_origin(url: str, other: str) -> bool:
    return _origin(url) == _origin(other)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port


def _session(user_agent: str, rules: Rules) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_bundle() or True
    session.cookies = _NoCookies()
    session.headers = CaseInsensitiveDict(
        {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    )
    session.mount("http://", GuardedAdapter(rules))
    session.mount("https://", GuardedAdapter(rules))
    return session


class _NoCookies(RequestsCookieJar):
    """Keeps nothing a host sets: what we ask must not depend on what we asked before."""

    def set_cookie(self, cookie: Any, *args: Any, **named: Any) -> None:
        return None


def _chunks(response: requests.Response, max_bytes: int) -> Iterator[bytes]:
    if _length(response) > max_bytes:
        raise _too_big(response, max_bytes)
    done = 0
    for chunk in response.iter_content(CHUNK):
        done += len(chunk)
        if done > max_bytes:
            raise _too_big(response, max_bytes)
        yield chunk


def _too_big(response: requests.Response, max_bytes: int) -> SourceError:
    return statuses.TooLarge(f"{place(str(response.url))} is larger than the {max_bytes:,} bytes we accept.")


def _length(response: requests.Response) -> int:
    announced = response.headers.get("Content-Length", "")
    return int(announced[:18]) if announced.isascii() and announced.isdigit() else 0


def _reported(chunks: Iterator[bytes], total: int, progress: Progress | None) -> Iterator[bytes]:
    done, told = 0, 0.0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if progress and time.monotonic() - told >= 0.1:
            told = time.monotonic()
            progress(done, total)
    if progress:
        progress(done, total or done)


def _beginning(response: requests.Response) -> bytes:
    """The first bytes of an error's body: reasons stand there. Failing to read them changes nothing."""
    try:
        return next(response.iter_content(ERROR_BODY), b"")[:ERROR_BODY]
    except (requests.RequestException, HTTPError, OSError):
        return b""
