"""Spans: exact stretches of a text."""

from qa.spans import Span, joined


def test_spans_with_only_spaces_between_them_are_one_up_to_a_length() -> None:
    text = "one two\n\nsix, ten"
    words = [Span(9, 12), Span(0, 3), Span(4, 7), Span(14, 17)]
    assert list(joined(words, text, 7)) == [Span(0, 7), Span(9, 12), Span(14, 17)]
    assert list(joined(words, text, 12)) == [Span(0, 12), Span(14, 17)]
    assert list(joined(words, text, 6)) == sorted(words)
    assert list(joined([], text, 9)) == []
