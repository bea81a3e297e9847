"""A passage in a stranger's file, strings in another language, and how much of the leak that is."""

import random

import pytest

from monitors.fingerprints import fingerprint, learn
from monitors.matching import Class, match, match_all

from .conftest import SYLLABLES, Folder, source

BIG = {f"src/{at}.ts": source(f"big{at}", 40) for at in range(40)}
INDEX = fingerprint(BIG.items())


def passage(path, lines):
    return b"\n".join(BIG[path].split(b"\n")[100 : 100 + lines])


def labels(seed):
    """Thirty sentences of 30 letters at most."""
    chance = random.Random(seed)
    return ["".join(chance.choices(SYLLABLES, k=8)) + " not found" for _ in range(30)]


def test_sixty_lines_in_a_strangers_file_are_a_snippet():
    place = Folder({"theirs.ts": source("theirs", 20) + passage("src/7.ts", 60) + source("more", 20)})

    found = match(INDEX, place)

    assert found.klass == Class.SNIPPET
    assert found.share < 0.05


@pytest.mark.parametrize(("files", "klass"), [(2, Class.SNIPPET), (6, Class.DERIVED)])
def test_parts_of_a_few_files_accuse_nobody(files, klass):
    half = {f"{at}.ts": BIG[f"src/{at}.ts"][: len(BIG[f"src/{at}.ts"]) * 2 // 5] for at in range(files)}

    found = match(INDEX, Folder(half))

    assert found.klass == klass
    assert 0.8 < found.share / (files * 0.4 / 40) < 1.2


SMALL = {f"gen/{at}.ts": source(f"generated{at}", 3) for at in range(20)}


@pytest.mark.parametrize(
    ("held", "klass"),
    [
        ([*SMALL][:1], Class.SNIPPET),
        ([*SMALL][:4], Class.SNIPPET),
        ([*SMALL][:12], Class.PARTIAL),
        (["src/3.ts", "src/4.ts"], Class.PARTIAL),
        (["src/3.ts", *SMALL][:3], Class.PARTIAL),
    ],
)
def test_a_few_small_files_of_a_large_leak_accuse_nobody(held, klass):
    leak = BIG | SMALL

    found = match(fingerprint(leak.items()), Folder({f"app/{path}": leak[path] for path in held}))

    assert (found.klass, found.files) == (klass, len(held))
    assert (found.score < 0.9) == (klass is Class.SNIPPET)


def test_a_small_file_as_it_was_beside_many_changed_ones_is_derived():
    place = Folder(
        {path: content + b"// mine\n" for path, content in BIG.items()} | {"a.ts": SMALL["gen/0.ts"]}
    )

    assert match(fingerprint((BIG | SMALL).items()), place).klass == Class.DERIVED


def test_ten_lines_are_nobodys_business():
    place = Folder({"theirs.ts": source("theirs", 20) + passage("src/7.ts", 10) + source("more", 20)})

    assert match(INDEX, place).klass == Class.UNRELATED


def test_a_passage_that_is_public_anyway_is_no_snippet():
    index = fingerprint(BIG.items(), background=learn([("public.ts", BIG["src/7.ts"])]))
    place = Folder({"theirs.ts": source("theirs", 20) + passage("src/7.ts", 60) + source("more", 20)})

    assert match(index, place).klass == Class.UNRELATED


def labelled(files):
    """Files of little but sentences."""
    lines = "export const v{0} = text({1}, '{2}');\n"
    return {
        f"{at}.ts": "".join(lines.format(n, n * 7919, one) for n, one in enumerate(labels(at)))
        for at in range(files)
    }


def test_strings_without_our_text_are_a_rewrite():
    ours = labelled(20)
    theirs = {
        f"{at}.py": "".join(
            f"if not granted({n}): raise Refused('{one}')\n" for n, one in enumerate(labels(at))
        )
        for at in range(20)
    }
    index = fingerprint((path, text.encode()) for path, text in ours.items())

    found = match(index, Folder({path: text.encode() for path, text in theirs.items()}))

    assert (found.klass, found.share) == (Class.REWRITE, pytest.approx(1))


@pytest.mark.parametrize(("files", "klass"), [(12, Class.REWRITE), (20, Class.DERIVED)])
def test_a_few_strings_and_a_passage_accuse_nobody(files, klass):
    ours = {path: text.encode() for path, text in labelled(20).items()}
    index = fingerprint([*ours.items(), *list(BIG.items())[:10]])
    strings = "".join(f"t('{one}')\n" for at in range(files) for one in labels(at))

    found = match(index, Folder({"app.js": strings.encode(), "lib.js": passage("src/7.ts", 60)}))

    assert found.klass == klass


@pytest.mark.parametrize("count", [4, 20, 40])
def test_the_share_tells_how_much_of_the_leak_is_there(count):
    place = Folder({path: content + b"\n// edited" * 5 for path, content in list(BIG.items())[:count]})

    assert match(INDEX, place).share == pytest.approx(count / 40, abs=0.05)


def test_unrelated_code_has_no_share():
    assert match(INDEX, Folder({"theirs.ts": source("theirs", 60)})).share == 0


def test_many_leaks_are_told_apart_in_one_reading():
    other = fingerprint([("lib/a.ts", source("other", 40))])
    place = Folder({"a.ts": source("other", 40) + b"// edited", "b.ts": source("theirs", 5)})

    both = match_all([INDEX, other], place)

    assert both == [match(INDEX, place), match(other, place)]
    assert [one.klass for one in both] == [Class.UNRELATED, Class.DERIVED]
    assert sorted(place.asked[:2]) == ["a.ts", "b.ts"]


def test_however_long_one_passage_is_it_is_one_passage():
    place = Folder({"theirs.ts": source("theirs", 5) + b"\n".join(BIG["src/7.ts"].split(b"\n")[5:-5])})

    found = match(INDEX, place)

    assert found.klass == Class.SNIPPET
    assert found.score < 0.95


def test_what_a_file_of_ours_took_from_elsewhere_is_no_sign_of_ours():
    taken = b"// Inlined to please the bundler.\n// Originally from: https://code.example/table\n" + source(
        "t", 30
    )
    index = fingerprint([*BIG.items(), ("src/table.ts", taken)])

    found = match(index, Folder({"lib/table.ts": taken}))

    assert (found.klass, found.files) == (Class.UNRELATED, 0)


def test_comments_that_a_port_to_another_language_repeats_are_no_text_of_ours():
    comments = b"\n".join(b"# " + line for line in passage("src/7.ts", 120).split(b"\n"))

    assert match(INDEX, Folder({"port.py": comments})).klass == Class.UNRELATED
    assert match(INDEX, Folder({"port.js": comments})).klass == Class.SNIPPET


def related(part):
    """Every file of the leak in another making: this share of its functions stands in each."""

    def cut(content):
        functions = content.split(b"\n/** ")
        return b"\n/** ".join(functions[: int(len(functions) * part)])

    return Folder({path: cut(content) for path, content in BIG.items()})


@pytest.mark.parametrize(("part", "klass"), [(0.2, Class.SNIPPET), (0.6, Class.DERIVED)])
def test_a_little_of_every_file_accuses_nobody(part, klass):
    assert match(INDEX, related(part)).klass == klass


def test_what_is_scattered_over_all_files_tells_less_than_whole_files():
    some = Folder({path: content + b"//" for path, content in list(BIG.items())[:10]})

    scattered, whole = match(INDEX, related(0.25)), match(INDEX, some)

    assert scattered.share == pytest.approx(whole.share, abs=0.05)
    assert scattered.score < 0.94 < 0.98 < whole.score


def test_the_strings_of_one_file_accuse_nobody_however_many_they_are():
    rows = enumerate(one for at in range(200) for one in labels(at))
    table = "".join(f"{{ name: '{one}', code: {n} }},\n" for n, one in rows)
    index = fingerprint([*BIG.items(), ("src/table.ts", table.encode())])

    found = match(index, Folder({"theirs.js": table.replace("name", "n").replace("code", "c").encode()}))

    assert found.klass in {Class.SNIPPET, Class.REWRITE}
    assert found.score < 0.85
