from django.core.paginator import Paginator
from django.template.loader import render_to_string


def test_the_pages_beside_the_thousandth_are_led_to():
    page = Paginator(range(3000), 1).page(1500)

    shown = render_to_string("components/pages.html", {"page": page, "query": "kind=flag&"})

    assert 'href="?kind=flag&amp;page=1499"' in shown
    assert 'href="?kind=flag&amp;page=1501"' in shown
