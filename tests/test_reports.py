"""What an update reports of itself."""

from dataclasses import replace

import pytest

from qa.folder import Skipped
from qa.reports import Report

NOTHING = Report((), (), (), ("a",), (), 0, None, 0.1)


@pytest.mark.parametrize("name", ["added", "changed", "removed", "rebuilt", "switched"])
def test_an_update_is_news_where_something_answers_differently(name: str) -> None:
    told = "the model is now two, was one" if name in ("rebuilt", "switched") else ("a",)
    assert replace(NOTHING, **{name: told}).is_news


@pytest.mark.parametrize("other", [{}, {"skipped": (Skipped("b", "it is empty"),)}, {"waiting": 3}, {"embedded": 0}])
def test_an_update_that_leaves_every_answer_as_it_was_is_no_news(other: dict[str, object]) -> None:
    assert not replace(NOTHING, **other).is_news
