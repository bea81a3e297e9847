"""Which of GitHub's counts a request draws on is told by its address."""

import pytest

from monitors.sources.github.adapter import GitHub
from monitors.sources.http import Client


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        ("/graphql", "graphql"),
        ("/search/code?q=x", "code_search"),
        ("/search/repositories?q=x", "search"),
        ("/search/commits?q=x", "search"),
        ("/repos/eve/copy/git/trees/HEAD?recursive=1", ""),
        ("/repositories/17/forks", ""),
    ],
)
@pytest.mark.parametrize("aimed_at", ["", "code_search"])
def test_an_address_names_its_count_whatever_it_is_asked_for(path, bucket, aimed_at):
    adapter = GitHub(Client(), "https://api.github.example")

    assert adapter.bucket_of(f"https://api.github.example{path}", aimed_at) == bucket
