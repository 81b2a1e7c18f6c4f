"""Filters: what is typed, what fits, and that a filtered answer has what the whole one has without the rest."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.static import StaticEncoder
from qa.catalog import Catalog
from qa.errors import QuestionError
from qa.filters import Filter, nothing_fits, read_filter
from qa.library import Library
from qa.ranking import rank
from qa.tables import Listed
from qa.trust import judge
from tests.conftest import done, write_files

PLACES = {
    "2021/harbour.txt": ("2021-03-05", "The harbour was closed in March because a storm had broken the northern pier."),
    "2021/orchard.txt": (
        "2021-09-30",
        "The orchard gave more apples than in any year before, and the pier was mended.",
    ),
    "2022/بندر.txt": ("2022-01-01", "أغلقت العاصفة الميناء في شهر مارس وتحطم الرصيف الشمالي بالكامل."),
    "2022/barrage.md": ("2022-12-31", "В марте буря повредила северный причал, и гавань закрыли на две недели."),
    "notes.md": ("", "A pier is a raised structure that rises above the water of a harbour."),
}
DATES = "the documents are dated 2021-03-05 to 2022-12-31; without a date: 1."
QUESTION = "What did the storm do to the northern pier of the harbour?"


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Library:
    """Return a library whose documents have these dates, each as the metadata of a file would tell it."""
    folder = tmp_path_factory.mktemp("dated")
    pages = {path.rpartition(".")[0] + ".html": _page(*told) for path, told in PLACES.items()}
    library = Library(write_files(folder, pages), Catalog(folder / ".index"), encoder)
    library.update()
    assert {document.path: document.date for document in library.documents} == {
        path.rpartition(".")[0] + ".html": day for path, (day, _) in PLACES.items()
    }
    return library


def _page(day: str, text: str) -> str:
    meta = f'<meta name="date" content="{day}">' if day else ""
    return f"<html><head><title>About the coast</title>{meta}</head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("typed", "asked", "within"),
    [
        ("who language:ar", "who", Filter(languages=("ar",))),
        ("language:ar who Language:FA", "who", Filter(languages=("ar", "fa"))),
        ('a document:"my file.txt" b', "a b", Filter(("my file.txt",))),
        ("who after:2022", "who", Filter(after="2022-01-01")),
        ("who won after:2022? before:۲۰۲۳؟", "who won", Filter(after="2022-01-01", before="2023-01-01")),
        ("who won, language:ar.", "who won,", Filter(languages=("ar",))),
        ("who before:2022-5 after:2021-12-24", "who", Filter(after="2021-12-24", before="2022-05-01")),
        ("after the war, language: none", "after the war, language: none", Filter()),
        ("see http://after:2022", "see http://after:2022", Filter()),
    ],
)
def test_conditions_are_read_off_the_question(typed: str, asked: str, within: Filter) -> None:
    assert read_filter(typed) == (asked, within)


def test_conditions_in_the_question_are_added_to_those_given_beside_it() -> None:
    given = Filter(("a",), ("ar",), "2020-01-01", "2024-01-01")
    assert read_filter("x document:b language:fa after:2021", given) == (
        "x",
        Filter(("a", "b"), ("ar", "fa"), "2021-01-01", "2024-01-01"),
    )


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("x after:yesterday", r"'yesterday' \(after\) is not a date"),
        ("x before:2022-13", "2022-13"),
        ("x before:2022-02-30", "2022-02-30"),
        ("x after:02.03.2022", "2022-01-31"),
        ("x after:0000", "0000"),
        ("x language:Arabic", "'Arabic' is not a language code"),
        ("x after:2022 before:2021", "No day is both from 2022-01-01"),
        ("x after:2022 before:2022", "swap the two"),
    ],
)
def test_what_is_no_condition_is_said(typed: str, part: str) -> None:
    with pytest.raises(QuestionError, match=part):
        read_filter(typed)


@given(
    st.lists(st.sampled_from(["a.txt", "my file", "*.md", "بندر"]), max_size=2, unique=True),
    st.lists(st.sampled_from(["ar", "fa", "kk"]), max_size=2, unique=True),
    st.sampled_from(["", "2020-01-01"]),
    st.sampled_from(["", "2021-07-31"]),
)
def test_a_filter_reads_as_what_it_is_written_as(
    documents: list[str], languages: list[str], after: str, before: str
) -> None:
    within = Filter.of(documents, languages, after, before)
    assert read_filter(f"why {within}".strip()) == ("why", within)


def listed(path: str, day: str = "") -> Listed:
    return Listed(1, path, "", "", "text", "", day, b"", b"", 1, "")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("harbour", "2021/Harbour.txt", True),
        ("2021/", "2021/harbour.txt", True),
        ("harbor", "2021/harbour.txt", False),
        ("*.txt", "2021/harbour.txt", True),
        ("h*.txt", "2021/harbour.txt", True),
        ("2021/*", "2021/harbour.txt", True),
        ("*.md", "2021/harbour.txt", False),
        ("h?r*", "2021/harbour.txt", True),
        ("caf\u00e9", "cafe\u0301.txt", True),
        ("[ab].txt", "b.txt", True),
    ],
)
def test_a_document_is_named_by_part_of_its_path_or_a_pattern(pattern: str, path: str, fits: bool) -> None:
    within = Filter((pattern,))
    assert within.passages([listed(path)], np.array([0]), np.array([b"en"])).tolist() == [fits]


@pytest.mark.parametrize(
    ("day", "after", "before", "fits"),
    [
        ("2022-01-01", "2022-01-01", "", True),
        ("2021-12-31", "2022-01-01", "", False),
        ("2022-01-01", "", "2022-01-01", False),
        ("2021-12-31", "", "2022-01-01", True),
        ("", "2022-01-01", "", False),
        ("", "", "2022-01-01", False),
        ("2022-05-05", "2022-01-01", "2023-01-01", True),
    ],
)
def test_after_is_from_that_day_on_and_before_ends_with_the_day_before(
    day: str, after: str, before: str, fits: bool
) -> None:
    within = Filter(after=after, before=before)
    assert within.passages([listed("a", day)], np.array([0]), np.array([b"en"])).tolist() == [fits]


@pytest.mark.parametrize(
    "within",
    [
        Filter(("2021/",)),
        Filter(languages=("ar", "ru")),
        Filter(after="2022-01-01"),
        Filter(before="2022-01-01"),
        Filter(("2022",), ("ru",), "2022-01-01", "2023-01-01"),
        Filter(("*",)),
    ],
    ids=str,
)
def test_a_filtered_answer_has_what_the_whole_one_has_without_the_rest(dated: Library, within: Filter) -> None:
    days = {document.path: document.date for document in dated.documents}
    whole = dated.ask(QUESTION, 100)
    left = [
        hit
        for hit in whole.hits
        if (not within.documents or any(part.strip("*") in hit.document.path for part in within.documents))
        and (not within.languages or hit.language in within.languages)
        and (not within.after or days[hit.document.path] >= within.after)
        and (not within.before or "" < days[hit.document.path] < within.before)
    ]
    found = dated.ask(QUESTION, 100, within=within)
    assert {replace(hit, rank=0, score=0.0) for hit in found.hits} == {replace(hit, rank=0, score=0.0) for hit in left}
    assert [hit.rank for hit in found.hits] == list(range(1, len(left) + 1))
    assert (found.passages, found.documents) == (len(left), len(left))
    assert dated.ask(f"{QUESTION} {within}", 100) == found
    assert str(within) in found.verdict


def test_the_other_places_of_a_passage_fit_too(tmp_path: Path, encoder: StaticEncoder) -> None:
    text = "The storm broke the northern pier of the harbour in March, and it was closed for two weeks."
    folder = write_files(tmp_path / "docs", {f"{name}.txt": text for name in ("a", "b", "c")})
    library = Library(folder, Catalog(tmp_path / "index"), encoder)
    library.update()
    for within, places in ((Filter(), ["b.txt", "c.txt"]), (Filter(("a", "c.txt")), ["c.txt"]), (Filter(("a",)), [])):
        hit = library.ask(QUESTION, within=within).hits[0]
        assert (hit.document.path, [place.document.path for place in hit.elsewhere]) == ("a.txt", places)


def test_the_seeds_are_asked_in_one_language(seed_library: Library) -> None:
    whole = [hit.passage for hit in seed_library.ask(QUESTION, 1000).hits if hit.language == "fa"]
    found = seed_library.ask(f"language:fa {QUESTION}", 1000).hits
    assert {hit.passage for hit in found} == {*whole}
    assert len(found) == len(whole)


def test_what_fits_has_the_sums_that_it_has_among_all(seed_library: Library) -> None:
    index = seed_library._snapshot.index
    whole, among = rank(index, QUESTION), index.languages == b"fa"
    found = rank(index, QUESTION, among)
    sums = dict(zip(whole.rows.tolist(), whole.sums.tolist(), strict=True))
    assert sorted(found.rows.tolist()) == sorted(row for row in sums if among[row])
    assert found.sums.tolist() == [sums[row] for row in found.rows.tolist()]
    assert judge(found.take(np.argsort(-found.sums, kind="stable"))).rows.tolist() == found.rows.tolist()


def test_each_leg_looks_among_what_fits_only(dated: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for leg in ("NEAR", "SPELT", "HEARD"):
        monkeypatch.setattr(f"qa.ranking.{leg}", 1)
    assert [hit.document.path for hit in dated.ask(f"{QUESTION} document:orchard").hits] == ["2021/orchard.html"]


@pytest.mark.parametrize(
    ("within", "told"),
    [
        (Filter(("nowhere",)), "No document's path matches nowhere: look at the list of documents."),
        (Filter(languages=("fa",)), "No passage is in fa: the passages are in ar, en, ru."),
        (
            Filter(after="2023-01-01"),
            f"No document is dated from 2023-01-01 on: {DATES}",
        ),
        (
            Filter(before="2021-01-01"),
            f"No document is dated before 2021-01-01: {DATES}",
        ),
        (
            Filter(("2021/",), ("ru",)),
            "No passage meets all the conditions document:2021/ language:ru: drop one.",
        ),
    ],
)
def test_a_filter_that_nothing_fits_says_so(dated: Library, within: Filter, told: str) -> None:
    with pytest.raises(QuestionError) as refused:
        dated.ask(QUESTION, within=within)
    assert str(refused.value) == told


def test_where_no_document_tells_its_date_that_is_said() -> None:
    told = nothing_fits(Filter(after="2022-01-01"), [listed("a")], np.array([0]), np.array([b"en"]))
    assert told == "No document is dated from 2022-01-01 on: no document has a date."
    told = nothing_fits(Filter(after="2022-01-01"), [listed("a", "2021-05-05")], np.array([0]), np.array([b"en"]))
    assert told == "No document is dated from 2022-01-01 on: the documents are dated 2021-05-05."


def test_a_question_of_conditions_only_is_empty(dated: Library) -> None:
    with pytest.raises(QuestionError, match="empty"):
        dated.ask("language:en")


def test_an_empty_library_answers_nothing_whatever_the_filter(tmp_path: Path, encoder: StaticEncoder) -> None:
    library = Library(tmp_path, Catalog(tmp_path / ".index"), encoder)
    assert library.ask("why", within=Filter(("a",))).hits == ()


def test_the_command_line_asks_within_a_filter(built: Path) -> None:
    asked = ("ask", "What did the storm damage?", "--index", built, "--json", "--language", "fa", "--language", "en")
    found = json.loads(done(*asked, "--document", "00[24]*"))
    assert found["within"] == {"document": ["00[24]*"], "language": ["fa", "en"], "after": None, "before": None}
    assert {hit["language"] for hit in found["hits"]} <= {"fa", "en"}
    assert {hit["document"][:3] for hit in found["hits"]} == {"002"}
