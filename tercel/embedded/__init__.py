"""The Redis that Tercel brings along: with nothing configured, a server of its own under the home folder.

Nobody has to know a port or a URL in advance: the server listens on a Unix socket in a folder that only its owner can
open, keeps its data in an append-only file that is flushed on every write, and dies with the process that started it.
"""

from tercel.embedded.home import embedded_url
from tercel.embedded.server import EmbeddedRedis

__all__ = ["EmbeddedRedis", "embedded_url"]
