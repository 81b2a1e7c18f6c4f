import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import cards
from qa.answers import Answer, Hit, Place
from qa.cards import Example, Turn
from qa.documents import Document
from qa.folder import Skipped
from qa.passages import Passage, Span
from qa.update import Progress, Report

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

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "p" in self.open:
            self.paragraphs[-1] += data
        if "mark" in self.open:
            self.marked[-1] += data


def shown(text: str) -> str:
    """The documented replacements: one newline for any of CR LF; U+FFFD for controls and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)


def lines(text: str) -> list[str]:
    return [shown(line) for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]+", text) if line]


def make_document(text: str, *, path: str = "a.txt", title: str = "A title of words") -> Document:
    return Document(path, "0" * 64, title, text)


def make_hit(text: str, *, mark: Span | None = None, path: str = "a.txt", title: str = "T", rank: int = 1) -> Hit:
    passage = Passage(3, Span(0, len(text)), (Span(0, len(text)),))
    return Hit(rank, 0.8, make_document(text, path=path, title=title), passage, "fa", (mark,) if mark else (), ())


def make_answer(*hits: Hit, confident: bool = True, question: str = "q") -> Answer:
    return Answer(question, "en", 0.78, confident, hits, 57, 5)


@given(any_text)
def test_escaped_text_shows_as_it_is(text: str) -> None:
    source = cards.escape(text)
    assert Page(source).text == shown(text)
    assert not set("<>\"'") & set(source)
    source.encode()


@given(any_text)
def test_a_label_keeps_bidi_controls_from_the_rest_of_the_page(text: str) -> None:
    source = cards.label(text)
    assert source.startswith("<bdi>")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", source)
    assert len(Page(source).text) == len(shown(text))


@given(any_text, st.data())
def test_paragraphs_show_each_line_and_mark_exactly_the_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    page = Page(cards.paragraphs(text, passage=Span(0, len(text)), marks=[Span(start, end)]))
    assert page.paragraphs == lines(text)
    assert "".join(page.marked) == "".join(lines(text[start:end]))
    assert all(attributes["dir"] == "auto" for tag, attributes in page.tags if tag == "p")


def test_latin_words_and_numbers_within_right_to_left_text_are_isolated() -> None:
    source = cards.paragraphs("در سال 2022 سازمان World Bank گفت 81.3 درصد (CICA)")
    assert re.findall("<bdi>(.*?)</bdi>", source) == ["2022", "World Bank", "81.3", "CICA"]
    assert "<bdi>" not in cards.paragraphs("In 2022 the World Bank said")


def test_numbers_of_a_list_are_isolated_one_by_one() -> None:
    assert re.findall("<bdi>(.*?)</bdi>", cards.paragraphs("سال‌های 2021, 2022")) == ["2021", "2022"]


@pytest.mark.parametrize(
    ("text", "expected"), [("سلام", True), ("12 سلام", True), ("word سلام", False), ("123", False), ("", False)]
)
def test_direction_is_that_of_the_first_strong_letter(text: str, expected: bool) -> None:
    assert cards.is_right_to_left(text) is expected


def test_an_answer_shows_everything_a_reader_needs_to_check_it() -> None:
    hit = make_hit("Before. The sentence. After.", mark=Span(8, 21), title="A headline", path="sub/file.txt")
    page = Page(cards.conversation([Turn(1, "Who?", make_answer(hit))], ""))
    assert page.marked == ["The sentence."]
    for words in ("Who?", "A headline", "sub/file.txt", "¶ 3", "Persian", "Quite sure", "78 %", "57 passages in 5"):
        assert words in page.text
    assert ("button", {"type": "button", "data-open": "1.1"}) in page.tags


def test_other_places_of_the_same_text_are_named() -> None:
    hit = make_hit("text")
    other = make_document("text", path="b.txt")
    again = Hit(
        1, 0.5, hit.document, hit.passage, "xx", (), (Place(hit.document, Span(0, 4)), Place(other, Span(0, 4)))
    )
    text = Page(cards.conversation([Turn(1, "q", make_answer(again))], "")).text
    assert "stands once more in this document, in b.txt." in text
    assert "xx" in text  # an unknown code as it is


def test_not_found_is_said_and_the_nearest_miss_folded() -> None:
    page = Page(cards.conversation([Turn(1, "q", make_answer(make_hit("text"), confident=False))], ""))
    assert "Not found: searched 57 passages in 5 documents" in page.text
    fold = [tag for tag, _ in page.tags].index("details")
    assert fold < [tag for tag, _ in page.tags].index("ol")
    assert "Show the nearest miss" in page.text
    five = [make_hit("text", rank=rank) for rank in range(1, 6)]
    page = Page(cards.conversation([Turn(1, "q", make_answer(*five, confident=False))], ""))
    assert "Show the nearest miss and 2 more" in page.text  # as the verdict says: one is the nearest
    assert [tag for tag, _ in page.tags].count("li") == 3
    nothing = Page(cards.conversation([Turn(1, "q", make_answer(confident=False))], ""))
    assert "nothing comes near" in nothing.text
    assert "details" not in [tag for tag, _ in nothing.tags]


def test_only_the_newest_question_is_unfolded() -> None:
    turns = [Turn(1, "first", make_answer()), Turn(2, "second", problem="It broke."), Turn(3, "third")]
    page = Page(cards.conversation(turns, ""))
    assert [tag for tag, _ in page.tags].count("details") == 2
    assert "Searching…" in page.text
    assert cards.conversation([], "welcome") == "welcome"


def test_hostile_text_is_shown_literally_wherever_it_stands() -> None:
    hit = make_hit(HOSTILE, mark=Span(3, 9), path=HOSTILE, title=HOSTILE)
    skipped = (Skipped(HOSTILE, HOSTILE),)
    done = Report((HOSTILE,), (HOSTILE,), (), (), skipped, 1, HOSTILE, 0.1)
    sources = [
        cards.conversation([Turn(1, HOSTILE), Turn(2, HOSTILE, make_answer(hit, question=HOSTILE))], ""),
        cards.conversation([Turn(1, HOSTILE, problem=HOSTILE)], ""),
        cards.viewer("1.1", hit, HOSTILE),
        cards.report(done),
        cards.skipped(skipped),
        cards.progress(Progress(1, 2, HOSTILE)),
        cards.problem(HOSTILE),
        cards.nothing_indexed(HOSTILE, working=True),
        cards.nothing_indexed(HOSTILE, working=False),
        cards.nothing_indexed("folder", working=False, problem=HOSTILE),
    ]
    for source in sources:
        page = Page(source)
        assert HOSTILE in page.text
        assert not {"img", "script"} & {tag for tag, _ in page.tags}
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_viewer_shows_the_whole_document_with_the_passage_set_off() -> None:
    text = "Above.\n\nThe passage. It answers.\n\nBelow."
    passage = Passage(2, Span(8, 32), (Span(8, 20), Span(21, 32)))
    hit = Hit(1, 0.5, make_document(text), passage, "en", (Span(13, 24),), ())
    page = Page(cards.viewer("1.1", hit))
    assert page.paragraphs[-3:] == ["Above.", "The passage. It answers.", "Below."]
    assert page.marked == ["It answers."]
    assert [a["class"] for tag, a in page.tags if tag == "p"][-3:] == ["line", "line here gap", "line gap"]


def test_a_very_long_document_is_shown_around_the_passage() -> None:
    text = "word " * 100_000
    hit = Hit(1, 0.5, make_document(text), Passage(9, Span(300_000, 300_100), ()), "en", (Span(5, 9),), ())
    page = Page(cards.viewer("1.1", hit))
    assert page.marked == ["word"]
    assert "Characters 200,000 to 400,000 of 500,000" in page.text
    assert len(page.text) < 210_000


def test_progress_and_report() -> None:
    assert "3 of 4 new passages" in Page(cards.progress(Progress(3, 4, "a.txt"))).text
    assert "Comparing" in Page(cards.progress(None)).text
    done = Report(("a",), (), ("b",), (), (Skipped("c.bin", "it is not text"),), 7, None, 0.5)
    text = Page(cards.report(done)).text
    assert done.summary in text
    assert "c.bin: it is not text" in text
    assert cards.skipped(()) == ""
    assert Page(cards.count(1, 1)).text == "1 passage in 1 document"


def test_examples_are_numbered_in_order() -> None:
    page = Page(cards.welcome([Example("en", "One?", "a"), Example("fa", "دو؟", "b")]))
    assert [a["data-ask"] for tag, a in page.tags if tag == "button"] == ["0", "1"]
    assert "Persian" in page.text
    assert "Try" not in Page(cards.welcome([])).text
