from __future__ import annotations

import re

from workers.destinations.talon_one import REASONS, reasons


def test_every_code_is_explained_and_every_explanation_has_a_code() -> None:
    codes = {value for name, value in vars(reasons).items() if name.isupper() and re.fullmatch(r"T\d{3}", str(value))}

    assert codes == set(REASONS)


def test_every_code_has_one_name_only() -> None:
    values = [value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)]

    assert len(values) == len(set(values))


def test_every_explanation_has_a_title_a_cause_and_a_cure() -> None:
    assert all(len(REASONS[code]) == 3 and all(REASONS[code]) for code in REASONS)


def test_causes_and_cures_are_sentences_and_titles_are_not() -> None:
    for explanation in REASONS.values():
        assert explanation.cause.endswith(".")
        assert explanation.cure.endswith(".")
        assert not explanation.title.endswith(".")
