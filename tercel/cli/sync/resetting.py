"""What a person is asked before a sync forgets what it has delivered."""

from __future__ import annotations

from producers.warehouse.syncing.definition import load_sync
from tercel.cli.opening import load_settings
from tercel.cli.sync.looking import held


def question(name: str) -> str:
    """Return the question, with what is lost. Raises SettingsError for a sync that does not exist."""
    settings = load_settings()
    sync = load_sync(settings, name)
    known = held(settings, sync)
    rows = 0 if known is None else known.members
    asked = f"Forget that {rows:,} rows of {name} were delivered?"
    if not sync.mode.deletes_gone:
        return f"{asked} The next run sends every row again."
    return (
        f"{asked} The next run adds every row again and removes nobody: members that have left the source since the "
        "last run stay in the audience unless that run empties it first (--empty-first)."
    )
