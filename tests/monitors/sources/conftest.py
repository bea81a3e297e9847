from tests.servers.fixtures import git_host, scripted, verdaccio

__all__ = ["git_host", "scripted", "verdaccio"]
