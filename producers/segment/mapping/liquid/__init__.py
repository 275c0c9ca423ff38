"""``@liquid``: templates as LiquidJS renders them at Segment, on python-liquid, in a sandbox with limits.

``compile_liquid(template)`` once, then call what it returns with each payload. Both raise LiquidFault.
"""

from producers.segment.mapping.liquid.engine import compile_liquid
from producers.segment.mapping.liquid.values import LiquidFault

__all__ = ["LiquidFault", "compile_liquid"]
