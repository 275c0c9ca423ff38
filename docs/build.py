"""Writes the pages of this folder that are made from declarations in the code: ``python docs/build.py``.

``tests/docs/test_generated_pages.py`` fails when a page is not what this would write.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from tercel import metrics
from tercel.cli.catalogue import catalogue
from tercel.settings import table as settings
from workers.watching import events

FOLDER: Final = Path(__file__).parent


class Page(NamedTuple):
    """A generated page: its heading, what stands before the table, and who writes the rest."""

    heading: str
    introduction: str
    body: Callable[[], str]


def _codes() -> str:
    lines = []
    for code, (title, cause, cure) in catalogue().items():
        lines += [f"## {code}", f"**{title}.** {cause}", "", f"*What to do:* {cure}", ""]
    return "\n".join(lines)


PAGES: Final = {
    "settings.md": Page(
        "Settings",
        "Every setting, as `python -m tercel.settings` prints them. They come, the later winning, from the defaults, "
        "from `tercel.toml` in the working directory and from environment variables. In the file, `worker.threads` is "
        "`threads` under `[worker]`; as a variable it is `TERCEL_WORKER__THREADS`. A variable that ends in `_FILE` "
        "names a file that holds the value. `tercel settings` shows what is in force.",
        settings.markdown,
    ),
    "metrics.md": Page(
        "Metrics",
        "Every metric, as `python -m tercel.metrics` prints them. They are served at `/metrics` where "
        "`worker.metrics_port` is set. No label names a customer, a record or a process.",
        metrics.markdown,
    ),
    "events.md": Page(
        "Log events",
        'Every event that Tercel logs, as `python -m workers.watching.events` prints them. With `log_format = "json"` '
        "each is one object a line. No field holds personal data.",
        events.markdown,
    ),
    "codes.md": Page(
        "Codes",
        "Every error, halt and rejection has a code, which never gets another meaning. `tercel explain CODE` says the "
        "same as this page. T0xx to T3xx are Tercel's own, T4xx come from Talon.One, T5xx from rows of files and "
        "from syncs.",
        _codes,
    ),
}


def content(name: str) -> str:
    """Return what a page should hold."""
    page = PAGES[name]
    return f"# {page.heading}\n\n{page.introduction}\n\n{page.body().strip()}\n"


if __name__ == "__main__":
    for page_name in PAGES:
        (FOLDER / page_name).write_text(content(page_name), encoding="utf-8")
