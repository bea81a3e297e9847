"""GitHub: https://docs.github.com/en/rest and https://docs.github.com/en/graphql. One module per noun."""

from monitors.sources.github.adapter import GitHub
from monitors.sources.github.site import PUBLIC

__all__ = ["GitHub", "default_base_url"]


def default_base_url() -> str:
    """The public API's address."""
    return PUBLIC
