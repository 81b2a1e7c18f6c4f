"""Text as HTML, read back as a browser would: nothing is lost, nothing of it becomes a tag."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import markup
from qa.spans import Span

VOID = {"br", "hr", "img", "input"}
HOSTILE = """<img src=x onerror="alert(1)"></p><script>alert('2')</script> ${alert(3)} {{4}} " ' & &amp; `5`"""
any_text = st.text(st.characters(), max_size=120) | st.text(
    alphabet="ab اب1.\n\r\u2028<>&\"'\x00\ud800\u202e12", max_size=60
)


class Page(HTMLParser):
    """What a browser makes of HTML: its text by paragraph, its tags, and whether they are balanced."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.paragraphs: list[str] = []
        self.marked: list[str] = []
        self.bold: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "p":
            self.paragraphs.append("")
        if tag == "mark":
            self.marked.append("")
        if tag == "b":
            self.bold.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "p" in self.open:
            self.paragraphs[-1] += data
        if "mark" in self.open:
            self.marked[-1] += data
        if "b" in self.open:
            self.bold[-1] += data


def shown(text: str) -> str:
    """The documented replacements: one newline for any of CR LF; U+FFFD for controls and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)


def lines(text: str) -> list[str]:
    return [shown(line) for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", text) if line]


def assert_literal(sources: list[str]) -> None:
    """Check that each source shows HOSTILE as text and nothing of it as tags."""
    for source in sources:
        page = Page(source)
        assert HOSTILE in page.text
        assert not {"img", "script"} & {tag for tag, _ in page.tags}
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


@given(any_text)
def test_escaped_text_shows_as_it_is(text: str) -> None:
    source = markup.escape(text)
    assert Page(source).text == shown(text)
    assert not set("<>\"'") & set(source)
    source.encode()


@given(any_text)
def test_a_label_keeps_bidi_controls_from_the_rest_of_the_page(text: str) -> None:
    source = markup.label(text)
    assert source.startswith("<bdi>")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", source)
    assert len(Page(source).text) == len(shown(text))


@given(any_text, st.data())
def test_paragraphs_show_each_line_and_mark_exactly_the_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    page = Page(markup.paragraphs(text, passage=Span(0, len(text)), marks=[Span(start, end)]))
    assert page.paragraphs == lines(text)
    assert "".join(page.marked) == "".join(lines(text[start:end]))
    assert all(attributes["dir"] == "auto" for tag, attributes in page.tags if tag == "p")


def test_wrapped_lines_go_on_in_the_next_until_a_short_or_a_blank_one() -> None:
    text = "A plan\nThe harbour will be\ndeeper by four metres\nbefore May.\n"
    text += "Fishermen fear a lot\n\nfor their new nets\nnow."
    page = Page(markup.paragraphs(text, marks=[Span(7, 60)], wrapped=True))
    assert page.paragraphs == [
        "A plan",
        "The harbour will be\ndeeper by four metres\nbefore May.",
        "Fishermen fear a lot",
        "for their new nets\nnow.",
    ]
    assert page.marked == [text[7:60]]
    assert markup.paragraphs("", wrapped=True) == ""
    assert Page(markup.paragraphs("one\r\ntwo", wrapped=True)).paragraphs == ["one", "two"]


@given(any_text, st.data())
def test_words_are_set_off_within_their_marks_and_change_neither_text_nor_mark(text: str, data: st.DataObject) -> None:
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    mark, word = Span(edges[0], edges[3]), Span(edges[1], edges[2])
    source = markup.paragraphs(text, marks=[mark], words=[word])
    page = Page(source)
    assert page.paragraphs == lines(text)
    assert "".join(page.marked) == "".join(lines(text[mark.start : mark.end]))
    assert "".join(page.bold) == "".join(lines(text[word.start : word.end]))
    assert source.count("<b>") == len(re.findall(r"<mark>(?:(?!</mark>).)*<b>", source, re.DOTALL))


def test_latin_words_and_numbers_within_right_to_left_text_are_isolated() -> None:
    source = markup.paragraphs("در سال 2022 سازمان World Bank گفت 81.3 درصد (CICA)")
    assert re.findall("<bdi>(.*?)</bdi>", source) == ["2022", "World Bank", "81.3", "CICA"]
    assert "<bdi>" not in markup.paragraphs("In 2022 the World Bank said")


def test_a_right_to_left_file_name_keeps_its_ending_together() -> None:
    assert markup.label("دفتر/یادداشت 07.txt") == "<bdi>دفتر/یادداشت <bdi>07.txt</bdi></bdi>"
    assert markup.label("notes/07.txt") == "<bdi>notes/07.txt</bdi>"


def test_numbers_of_a_list_are_isolated_one_by_one() -> None:
    assert re.findall("<bdi>(.*?)</bdi>", markup.paragraphs("سال‌های 2021, 2022")) == ["2021", "2022"]


@pytest.mark.parametrize(
    ("text", "expected"), [("سلام", True), ("12 سلام", True), ("word سلام", False), ("123", False), ("", False)]
)
def test_direction_is_that_of_the_first_strong_letter(text: str, expected: bool) -> None:
    assert markup.is_right_to_left(text) is expected


def test_a_problem_is_shown_literally() -> None:
    assert_literal([markup.problem(HOSTILE)])
