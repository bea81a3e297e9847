from tests.servers.fixtures import scripted

__all__ = ["scripted"]
