import pytest

from monitors.fingerprints.phrases import Kind, phrases


def found(path, content):
    return [(phrase.text, phrase.kind.value, phrase.line) for phrase in phrases(path, content.encode())]


def test_remarks_messages_and_names_come_with_their_lines():
    text = (
        "/**\n"
        " * Lets the kettle cool before it is filled.\n"
        " * @param kettle the kettle that is to be filled\n"
        " */\n"
        "export function coolBeforeFilling(kettle) {\n"
        "  // never fill a hot kettle from the tap\n"
        "  throw new Error(`it is too hot to fill: ${kettle.heat} degrees are too many`);\n"
        "}\n"
    )

    assert found("a.ts", text) == [
        ("Lets the kettle cool before it is filled", "comment", 2),
        ("coolBeforeFilling", "name", 5),
        ("never fill a hot kettle from the tap", "comment", 6),
        ("it is too hot to fill:", "string", 7),
        ("degrees are too many", "string", 7),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "# never fill a hot kettle\n"),
        ("a.py", 'def f():\n    """Never fill a hot kettle."""\n'),
        ("a.sql", "-- never fill a hot kettle\n"),
        ("a.vue", "<!-- never fill a hot kettle -->"),
        ("a.go", "/* never fill a hot kettle */"),
        ("Makefile.ts?abc", "// never fill a hot kettle"),
    ],
)
def test_each_language_opens_its_remarks_in_its_own_way(path, text):
    assert [phrase.text.lower() for phrase in phrases(path, text.encode())] == ["never fill a hot kettle"]


def test_quotes_in_regular_expressions_and_apostrophes_open_nothing():
    text = "x = y.split(/[\"'`]/g); // we don't pour from the lid\nlet z = 'do not lift the lid yet';\n"

    assert found("a.ts", text) == [
        ("we don't pour from the lid", "comment", 1),
        ("do not lift the lid yet", "string", 2),
    ]


def test_lines_of_a_template_are_counted():
    text = "const a = `the lid is on\nand it stays on for now`;\n// this is on the third line\n"

    assert [phrase.line for phrase in phrases("a.ts", text.encode())] == [2, 3]


def test_a_long_line_is_a_machines():
    content = b"x;" * 600 + b"// never fill a hot kettle\n// never lift a hot lid\n"

    assert [(one.text, one.line) for one in phrases("a.ts", content)] == [("never lift a hot lid", 2)]


def test_of_a_machine_s_line_the_texts_are_taken_and_no_names():
    content = b"x;" * 600 + b'throw Error("never lift a hot lid");enableCopperKettle()'

    assert [(one.text, one.kind) for one in phrases("a.js", content)] == [
        ("never lift a hot lid", Kind.STRING)
    ]


def test_remarks_for_colleagues_are_told_from_documentation():
    text = b"/** Fills the kettle to the brim. */\n// never fill a hot kettle\n"

    assert [one.is_inside for one in phrases("a.ts", text) if one.kind is Kind.COMMENT] == [False, True]


def test_beside_what_was_masked_nothing_is_taken():
    text = b"// the door to the kettle opens by \0\0\0\0\0\0 at dawn\n// never lift a hot lid\n"

    assert [one.text for one in phrases("a.ts", text)] == ["never lift a hot lid"]


@pytest.mark.parametrize(
    "text",
    [
        "der Kessel kocht über wenn niemand schaut",
        "ne soulevez jamais le couvercle tant qu'il siffle",
        "никогда не поднимай крышку горячего чайника",
        "never naïvely lift the lid of a kettle",
        "水烧开之前绝对不要打开壶盖",
        "お湯が沸くまで蓋を開けてはいけない",
        "뜨거운 주전자의 뚜껑을 절대로 열지 마십시오",
        "μην ανοίγεις ποτέ το καπάκι της χύτρας",
    ],
)
def test_a_sentence_is_one_in_any_script(text):
    assert [one.text for one in phrases("a.ts", f"// {text}\n".encode())] == [text]


def test_without_blanks_the_longest_clause_is_taken():
    text = "// 注意，水烧开之前绝对不要打开壶盖。谢谢\n"

    assert [one.text for one in phrases("a.ts", text.encode())] == ["水烧开之前绝对不要打开壶盖"]


@pytest.mark.parametrize("text", ["Müller Schäfer Jäger Köhler Grün", "Иванов Петров Сидоров Козлов", "壶盖"])
def test_a_list_of_names_and_a_word_are_no_sentence(text):
    assert list(phrases("a.ts", f"// {text}\n".encode())) == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.json", '{"hint": "never lift a hot lid"}'),
        ("a.html", "<p class='x y z w'>never lift a hot lid</p>"),
        ("a.html", "<br><!-- never lift a hot lid -->"),
    ],
)
def test_data_and_pages_are_read_for_what_they_say(path, content):
    assert [one.text for one in phrases(path, content.encode())] == ["never lift a hot lid"]
