"""The backfill: rows of CSV, JSON Lines and Parquet files become records on the bulk lanes.

``Backfill(...).run()`` does it; ``load_mapping`` and ``mapping_of_options`` say what the rows mean; ``REASONS``
explains the codes of rows that could not become records.
"""

from producers.warehouse.backfill import Backfill
from producers.warehouse.mapping import AnyMapping
from producers.warehouse.mapping_input import load_mapping, mapping_of_options
from producers.warehouse.reasons import REASONS, Explanation
from producers.warehouse.report import Progress, Report
from producers.warehouse.rows import Format, ReadOptions

__all__ = [
    "REASONS",
    "AnyMapping",
    "Backfill",
    "Explanation",
    "Format",
    "Progress",
    "ReadOptions",
    "Report",
    "load_mapping",
    "mapping_of_options",
]
