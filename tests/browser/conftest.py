import shutil

import pytest
from django.conf import settings
from playwright.sync_api import sync_playwright

from incidents.models import Membership
from tests import factories

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    # Playwright's own loop runs in this thread, and Django takes any loop for a danger to its rows.
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield browser
        browser.close()


class Window:
    """One browser window: a page, and everything that it complained of."""

    def __init__(self, chromium, base: str, *, cookies=(), **options):
        self.base, self.complaints = base, []
        self.context = chromium.new_context(**options)
        self.context.add_cookies(list(cookies))
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def _failed(self, request):
        # Leaving a page ends what it still fetches; the browser says so, and nothing is wrong.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}: {request.failure}")

    def _heard(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def go(self, path: str):
        return self.page.goto(self.base + path)

    def sideways(self) -> int:
        """How many pixels the page is wider than the window."""
        root = "document.documentElement"
        return self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")


@pytest.fixture
def window(chromium, live_server, client):
    """Opens windows; with `user`, signed in as them."""
    opened = []

    def open_one(user=None, **options) -> Window:
        cookies = []
        if user:
            client.force_login(user)
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            cookies = [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        opened.append(Window(chromium, live_server.url, cookies=cookies, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.context.close()


@pytest.fixture
def crowd(incident):
    """An incident with somebody in each role."""
    for role in Membership.Role.values[1:]:
        Membership.objects.create(incident=incident, user=factories.UserFactory(), role=role)
    return incident
