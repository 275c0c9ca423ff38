"""``python -m tercel.settings``: print every setting as Markdown."""

from __future__ import annotations

import sys

from tercel.settings.table import markdown

sys.stdout.write(markdown())
