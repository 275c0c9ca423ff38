"""Why a row, or a whole run, of a sync came to nothing, beside what the rows themselves are refused for."""

from __future__ import annotations

from typing import Final

from producers.warehouse.reasons import Explanation
from producers.warehouse.syncing.guarding import EMPTY_SOURCE, TOO_MANY_GONE

DUPLICATE_KEY: Final = "T530"
OUTCOME_UNKNOWN: Final = "T533"
STOOD_STILL: Final = "T534"

REASONS: Final[dict[str, Explanation]] = {
    DUPLICATE_KEY: Explanation(
        "A key came twice with different content",
        "Two rows of the source have the same id and do not say the same. Which of them is right cannot be known, so "
        "neither is sent. Rows that are the same throughout are sent once, and counted as duplicates.",
        "Make the id unique in the query (GROUP BY, DISTINCT ON, a filter on the newest row), then run the sync again.",
    ),
    EMPTY_SOURCE: Explanation(
        "A mirror's source is suddenly empty",
        "The query or the files gave no row that could be sent, while members are known from earlier runs. Going on "
        "would have emptied the audience, so nothing was sent.",
        "Look at the source: a table that is just being loaded, a filter, a renamed id column. If it is meant to be "
        "empty, confirm it for one run: `tercel sync run NAME --allow-empty`.",
    ),
    TOO_MANY_GONE: Explanation(
        "Too many members of a mirror are gone at once",
        "More members have left the source since the last run than the guard lets go. Nothing was sent.",
        "Look at the source. If it is right, confirm it for one run (`tercel sync run NAME --allow-empty`), or set the "
        "guard of the sync otherwise.",
    ),
    OUTCOME_UNKNOWN: Explanation(
        "What became of some rows of a sync is not known",
        "They were put on the lanes and have left them without a receipt: Redis lost data, or a lane was purged by "
        "hand.",
        "Run the sync again: rows without a known outcome are sent once more, which is harmless.",
    ),
    STOOD_STILL: Explanation(
        "A sync's run made no progress for too long",
        "Records of the run lie on the lanes, and none of them has ended for as long as the run waits: no worker runs, "
        "or the deployment is halted or does not answer.",
        "`tercel status` shows which. What was not sent was taken off the lanes and is due in the next run: run the "
        "sync again when the cause is gone.",
    ),
}
