"""Posts the API's answers to sessions to whoever has asked for them, where the settings allow it."""

from workers.callbacks.answering import Callbacks, content
from workers.callbacks.posting import Poster

__all__ = ["Callbacks", "Poster", "content"]
