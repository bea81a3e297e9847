"""What GitHub delivers in the simulator: signed, once, of one account's repositories, on loopback alone."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest

from monitors.models import Delivery, Lead
from monitors.simulator import Absence, Holds, World, WorldError, serve, worldfile
from monitors.simulator.growth import populate
from tests import factories
from tests.servers import scripted as scripts

SECRET = "wh_5ecret"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def outside(world):
    with serve(world) as server:
        yield server
    assert server.failures == []


@pytest.fixture
def cli(world):
    return world.add_repository("github", "acme/cli", holds=Holds.OWN)


@pytest.fixture
def hook(world, outside, ask):
    """Asks the world to tell this address of acme's repositories."""

    def hook(url, **named):
        sent = {"owner": "acme", "url": url, "secret": SECRET} | named
        return ask(f"{outside.url}/_sim/hooks", "POST", json=sent)

    return hook


@pytest.fixture
def taken(scripted):
    """What was delivered so far to `/hook`, once there are so many: (event, payload, headers)."""
    scripted.on("/hook", scripts.answers(200))

    def taken(count):
        _until(lambda: len(scripted.asked) >= count)
        return [(one.headers["x-github-event"], json.loads(one.body), one) for one in scripted.asked]

    return taken


def _until(is_so, seconds=5):
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)


def pass_by(world, cli):
    """A fork, a push, a new name, and a time in private; and somebody else's fork."""
    kettle = world.add_repository("github", "bob/kettle", at=world.start)
    world.add_repository("github", "eve/kettle", at=world.start + MINUTE, parent=kettle)
    world.add_repository("github", "eve/cli", at=world.start + MINUTE, holds=Holds.OWN, parent=cli)
    world.push(cli, world.tree(Holds.NOTHING), at=world.start + 2 * MINUTE, author="ann")
    world.rename(cli, "acme/tool", at=world.start + 3 * MINUTE)
    cli.leave(Absence(world.start + 4 * MINUTE, world.start + 5 * MINUTE, "private"))


def test_what_happens_to_an_accounts_repositories_is_told_in_its_order(world, cli, hook, scripted, taken):
    pass_by(world, cli)

    hook(f"{scripted.url}/hook")
    taken(1)
    world.clock.advance(6 * MINUTE)

    _, fork, push, renamed, public = each = [(event, told) for event, told, _ in taken(5)]
    assert [event for event, _ in each] == ["ping", "fork", "push", "repository", "public"]
    assert (fork[1]["forkee"]["full_name"], fork[1]["repository"]["full_name"]) == ("eve/cli", "acme/cli")
    assert (push[1]["ref"], push[1]["after"]) == ("refs/heads/main", cli.head(world.clock.now()).id)
    assert renamed[1]["action"] == "renamed"
    assert renamed[1]["changes"] == {"repository": {"name": {"from": "cli"}}}
    assert public[1]["repository"]["full_name"] == "acme/tool"


def test_each_is_signed_and_told_once(world, cli, hook, scripted, taken, outside, ask):
    pass_by(world, cli)
    hook(f"{scripted.url}/hook")
    world.clock.advance(6 * MINUTE)
    taken(5)

    world.clock.advance(MINUTE)
    time.sleep(0.2)  # looks around several times

    each = [one for *_, one in taken(5)]
    signatures = [hmac.new(SECRET.encode(), one.body, hashlib.sha256).hexdigest() for one in each]
    assert [one.headers["x-hub-signature-256"] for one in each] == [f"sha256={one}" for one in signatures]
    assert len({one.headers["x-github-delivery"] for one in each}) == len(each) == 5
    told = ask(f"{outside.url}/_sim/hooks").json()
    assert [one["status"] for one in told["deliveries"]] == [200] * 5
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"url": "http://192.0.2.1/hook"}, "192.0.2.1 is not on loopback"),
        ({"url": "http://hooks.example.org/"}, "hooks.example.org is not on loopback"),
        ({"url": "file:///etc/passwd"}, "Write the hook's address as"),
        ({"url": "http://127.0.0.1:99999/"}, "Write the hook's address as"),
        ({"url": "http://127.0.0.1/a\r\nb"}, "Write the hook's address as"),
        ({"secret": ""}, "needs an owner and a secret"),
    ],
)
def test_a_hook_elsewhere_or_without_a_secret_is_refused(hook, named, said):
    answer = hook(**{"url": "http://127.0.0.1:1/"} | named)

    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_there_are_only_so_many_hooks(hook):
    statuses = [hook("http://127.0.0.1:1/").status_code for _ in range(21)]

    assert (set(statuses[:-1]), statuses[-1]) == ({201}, 400)


def test_nobody_who_answers_is_noted_and_the_world_goes_on(world, cli, hook, outside, ask):
    hook("http://127.0.0.1:1/")

    _until(lambda: world.hooks.deliveries)

    assert [(one.event, one.status) for one in world.hooks.deliveries] == [("ping", 0)]
    assert ask(outside.address("github") + "/repos/acme/cli").status_code == 200


def test_a_world_file_names_hooks_and_may_lead_them_elsewhere():
    hook = 'name = "x"\n[[hook]]\nowner = "acme"\nsecret = "s"\nurl = "http://hooks.example.org/"'

    plan = worldfile.parse(f"{hook}\nbeyond_loopback = true".encode())
    populate(world := World(), plan)

    assert [one.url for one in world.hooks.kept] == ["http://hooks.example.org/"]
    with pytest.raises(WorldError, match=r"not on loopback.* - at `\$.hook"):
        worldfile.parse(hook.encode())


@pytest.mark.slow  # the product's own web server
@pytest.mark.django_db(transaction=True)
def test_the_product_believes_them_and_looks_at_once(world, cli, hook, outside, live_server, monkeypatch):
    monkeypatch.setenv("GH_WEBHOOK_SECRET", SECRET)
    source = factories.SourceFactory(kind="github", base_url=outside.address("github"), token_env="GH")
    factories.WatchFactory(source=source, aim="forks", query="acme/cli")
    pass_by(world, cli)

    hook(f"{live_server.url}/hooks/github/{source.pk}")
    world.clock.advance(6 * MINUTE)

    _until(lambda: len(world.hooks.deliveries) == 5)
    assert [one.status for one in world.hooks.deliveries] == [200] * 5
    assert Delivery.objects.filter(source=source).count() == 4
    assert [lead.title for lead in Lead.objects.all()] == ["eve/cli"]
