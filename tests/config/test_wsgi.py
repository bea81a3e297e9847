from config.wsgi import bounded


def _answer(settings, length):
    settings.ARTIFACT_BYTES = 512 * 2**20
    said = []

    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"taken"]

    body = bounded(app)({"CONTENT_LENGTH": length}, lambda status, headers: said.append(status))
    return said[0], b"".join(body)


def test_a_body_as_long_as_an_artifact_may_be_is_taken(settings):
    assert _answer(settings, str(512 * 2**20)) == ("200 OK", b"taken")


def test_a_body_that_announces_more_is_refused_unread(settings):
    status, body = _answer(settings, str(514 * 2**20))

    assert status == "413 Content Too Large"
    assert body == b"The file is over 512 MiB. Set ARTIFACT_MIB higher to take it.\n"


def test_no_body_is_no_problem(settings):
    assert _answer(settings, "") == ("200 OK", b"taken")


def test_a_length_that_is_no_number_is_refused(settings):
    assert _answer(settings, "-1")[0] == "413 Content Too Large"
