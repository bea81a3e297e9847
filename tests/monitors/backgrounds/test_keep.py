import pytest

from monitors import backgrounds
from monitors.fingerprints import learn
from monitors.models import Background
from monitors.unpack import File
from tests import factories

pytestmark = pytest.mark.django_db


def code(name, lines=40):
    return "".join(
        f"export const {name}{n} = join('{name} part {n}', {n * n});\n" for n in range(lines)
    ).encode()


def kept(files, **options):
    hashes, count = backgrounds.learned(files.items())
    told = {"origin": Background.Origin.FILES, "name": "some code", "files": count} | options
    return backgrounds.keep(hashes, **told)


def test_what_is_kept_is_known_from_then_on():
    row = kept({"a.js": code("alpha")})

    assert (row.files, row.hashes > 20) == (1, True)
    assert backgrounds.together().has_grams(learn([("b.js", code("alpha"))]).grams).all()


def test_all_that_is_kept_is_used_as_one():
    kept({"a.js": code("alpha")})
    kept({"b.js": code("beta")})

    both = learn([("a.js", code("alpha")), ("b.js", code("beta"))])
    together = backgrounds.together()
    assert (together.grams.tolist(), together.words.tolist()) == (both.grams.tolist(), both.words.tolist())


def test_only_what_is_new_is_kept_and_nothing_twice():
    first = kept({"a.js": code("alpha")})
    again = kept({"a.js": code("alpha")})
    more = kept({"a.js": code("alpha"), "b.js": code("beta")})

    assert again is None
    assert more.hashes < first.hashes * 1.5
    assert Background.objects.count() == 2


def test_what_is_forgotten_is_no_longer_known():
    row = kept({"a.js": code("alpha")})

    backgrounds.forget(row)

    assert backgrounds.together().grams.size == 0


def test_only_the_newest_are_used_when_they_are_too_many(monkeypatch):
    kept({"a.js": code("alpha")})
    newest = kept({"b.js": code("beta")})
    monkeypatch.setattr(backgrounds, "MOST_HASHES", newest.hashes)

    assert backgrounds.together().grams.tolist() == learn([("b.js", code("beta"))]).grams.tolist()


def test_what_is_too_much_for_one_row_is_refused(monkeypatch):
    monkeypatch.setattr(backgrounds, "MOST_HASHES_KEPT", 10)

    with pytest.raises(backgrounds.NotReady, match="over 10"):
        kept({"a.js": code("alpha")})


def test_a_leak_that_is_looked_for_is_not_kept_as_ordinary_code():
    leak = {f"src/part{n}.ts": code(f"part{n}x") for n in range(12)}
    factories.FingerprintFactory(leak=leak)

    with pytest.raises(backgrounds.NotReady, match="holds 12 of the 12 files of a leak"):
        kept(leak)
    assert kept(leak, sure=True) is not None


def test_what_is_published_is_kept_without_what_a_map_gives_away():
    files = [File("cli.js", b"1", ""), File("cli.js.map", b"{}", ""), File("src/a.ts", b"2", "cli.js.map")]

    assert list(backgrounds.published(files)) == [("cli.js", b"1")]
