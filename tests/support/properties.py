"""How property tests draw their examples: the same ones in every run, and however slow the machine is.

A failure drawn by chance would belong to nobody's change. ``pytest --hypothesis-profile explore`` draws new ones.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "explore",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("tests", settings.get_profile("explore"), derandomize=True)
settings.load_profile("tests")
