from tests import factories


def page(visit, incident):
    return visit().get(f"/p/{incident.public_slug}/")


def test_there_is_no_page_until_something_is_published(visit, incident):
    factories.StatementFactory(incident=incident)

    assert page(visit, incident).status_code == 404


def test_outsiders_read_what_was_published_word_for_word(visit, incident):
    factories.StatementFactory(
        incident=incident, published=True, body="Edited later", published_text="As <it> went out."
    )

    shown = page(visit, incident).text

    assert "As &lt;it&gt; went out." in shown
    assert "Edited later" not in shown


def test_what_was_written_for_others_stays_with_them(visit, incident):
    factories.StatementFactory(incident=incident, published=True, published_text="For everybody.")
    factories.StatementFactory(
        incident=incident, published=True, audience="board", published_text="For the board."
    )
    factories.StatementFactory(incident=incident, title="Still a draft")

    shown = page(visit, incident).text

    assert "For everybody." in shown
    assert [text for text in ("For the board.", "Still a draft") if text in shown] == []


def test_nothing_of_the_desk_is_on_the_page(visit, incident):
    said = factories.StatementFactory(incident=incident, published=True)

    shown = page(visit, incident).text

    inside = [
        incident.ref,
        incident.codename,
        incident.get_tlp_display(),
        "SEV 1",
        str(said.published_by),
        "htmx",
    ]
    assert [text for text in inside if text in shown] == []
