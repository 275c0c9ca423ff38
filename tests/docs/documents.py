"""The documents as data: their links, commands, and what else in them can be held against the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("examples/**/*.md"),
        *ROOT.glob("ops/*.md"),
    ]
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Page:
    """One Markdown document."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The code blocks in one language."""
        return [code for found, code in _FENCE.findall(self.text) if found == language]

    def prose(self) -> str:
        """The text without its code blocks."""
        return _FENCE.sub("", self.text)

    def links(self) -> list[str]:
        """The targets of its links that lie in the repository."""
        return [link for link in _LINK.findall(self.prose()) if "://" not in link]

    def anchors(self) -> set[str]:
        """The anchors that a code host gives its headings."""
        return {
            _NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose())
        }

    def inline_code(self) -> list[str]:
        """What stands between backticks."""
        return _INLINE.findall(self.prose())

    def commands(self) -> list[str]:
        """Every command line it shows: in shell blocks, after a ``$`` in others, between backticks."""
        shell = [line for block in self.blocks("sh") for line in block.splitlines()]
        shown = [line[2:] for block in self.blocks("") for line in block.splitlines() if line.startswith("$ ")]
        # In a table of Markdown a line break may follow; a command between backticks is one line.
        return [line.strip() for line in [*shell, *shown, *self.inline_code()] if line.strip()]


ALL = [Page(path) for path in PAGES]


def words_after(program: str, page: Page) -> Iterator[list[str]]:
    """The words after each call of a program, whether found on PATH or under some ``bin``."""
    for command in page.commands():
        try:
            words = shlex.split(command, comments=True)
        except ValueError:  # prose between backticks
            continue
        for i, word in enumerate(words):
            if word == program or word.endswith(f"/bin/{program}"):
                yield words[i + 1 :]
                break
