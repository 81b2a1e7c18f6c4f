"""Measures against a case worked out by hand, and questions that cannot be read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qa.errors import EvaluationError
from qa.evaluate import Outcome, Question, Score, ask_all, judge, read_questions, score, score_languages
from tests.conftest import WordEncoder, word_library, write_files

GOOD = {"lang": "en", "question": "Who?", "document": "a.txt", "contains": ["x", "y"]}
ANSWERABLE = Question("en", "Who?", "a.txt", ("x",))
UNANSWERABLE = Question("ru", "Кто?", None, ())


def test_the_measures_are_those_worked_out_by_hand() -> None:
    ranks = [(1, False), (2, True), (4, False), (None, True), (6, False)]
    outcomes = [Outcome(ANSWERABLE, rank, refused) for rank, refused in ranks]
    outcomes += [Outcome(UNANSWERABLE, None, refused) for refused in (True, True, False)]
    assert score(outcomes) == Score(
        answerable=5, unanswerable=3, hit_1=1 / 5, hit_3=2 / 5, hit_5=3 / 5,
        mrr=pytest.approx((1 + 1 / 2 + 1 / 4 + 0 + 1 / 6) / 5), refused_right=2 / 3, refused_wrong=2 / 5,
    )  # fmt: skip


def test_there_is_no_measure_of_nothing() -> None:
    assert score([]) == Score(0, 0, None, None, None, None, None, None)
    assert score([Outcome(UNANSWERABLE, None, True)]) == Score(0, 1, None, None, None, None, 1.0, None)


def test_languages_come_in_order_and_all_of_them_last() -> None:
    outcomes = [Outcome(UNANSWERABLE, None, True), Outcome(ANSWERABLE, 1, False)]
    found = score_languages(outcomes)
    assert [code for code, _ in found] == ["en", "ru", "all"]
    assert [figures.answerable for _, figures in found] == [1, 0, 1]


@pytest.mark.parametrize(
    ("question", "rank", "refused", "failed"),
    [
        (ANSWERABLE, 1, False, False), (ANSWERABLE, 1, True, True), (ANSWERABLE, 2, False, True),
        (ANSWERABLE, None, False, True), (UNANSWERABLE, None, True, False), (UNANSWERABLE, None, False, True),
    ],
)  # fmt: skip
def test_an_outcome_fails_where_the_reader_is_told_something_wrong(
    question: Question, rank: int | None, refused: bool, failed: bool
) -> None:
    assert Outcome(question, rank, refused).failed is failed


def test_a_right_passage_holds_one_of_the_strings_in_any_spelling(tmp_path: Path, index: Path) -> None:
    write_files(tmp_path / "docs", {"a.txt": "كتاب في النفط", "b.txt": "حرب oil war"})
    library = word_library(tmp_path / "docs", index, WordEncoder("oil war"))
    library.update()
    asked = [("oil war", "حرب"), ("oil war", "کتاب"), ("كتاب", "nowhere"), ("كتاب", "OIL")]
    outcomes = ask_all(library, [Question("en", text, "?", ("zzz", contains)) for text, contains in asked])
    assert [outcome.rank for outcome in outcomes] == [1, 2, None, 2]


def test_questions_are_read_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    nobody = {"lang": "fa", "question": "کی؟", "document": None}
    file.write_text("\ufeff" + json.dumps(GOOD) + "\n\n" + json.dumps(nobody, ensure_ascii=False), "utf-8")
    assert read_questions(file) == [Question("en", "Who?", "a.txt", ("x", "y")), Question("fa", "کی؟", None, ())]


def test_lines_about_the_same_question_are_one_question(tmp_path: Path) -> None:
    lines = [
        {**GOOD, "contains": ["x"]}, {**GOOD, "document": "b.txt", "contains": ["y", "x"]},
        {**GOOD, "document": "c.txt", "contains": [], "wrong": ["z"]}, {**GOOD, "document": None, "contains": []},
        {**GOOD, "lang": "de"},
    ]  # fmt: skip
    file = tmp_path / "q.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    both = Question("en", "Who?", "a.txt", ("x", "y"), ("z",))
    assert read_questions(file) == [both, Question("en", "Who?", None, ()), Question("de", "Who?", "a.txt", ("x", "y"))]
    file.write_text("\n".join(map(json.dumps, reversed(lines))))
    assert read_questions(file)[-1] == Question("en", "Who?", "b.txt", ("y", "x"), ("z",))


def test_a_line_may_hold_any_separator_that_json_lets_stand(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps({**GOOD, "contains": ["a\u2028b\x85c"]}, ensure_ascii=False) + "\r\n", "utf-8")
    assert read_questions(file)[0].contains == ("a\u2028b\x85c",)


def test_a_passage_judged_wrong_fails_where_it_comes_first_and_counts_in_no_measure(tmp_path: Path) -> None:
    first = Question("en", "oil war", "a.txt", (), ("zzz", "OIL field"))
    second = Question("en", "oil war", "b.txt", (), ("peace",))
    text = {"a.txt": "An oil field of the war.\n", "b.txt": "The oil of peace.\n"}
    library = word_library(write_files(tmp_path / "docs", text), tmp_path / "index", WordEncoder("oil war"))
    library.update()
    sure = replace(library.ask("oil war"), confident=True)
    unsure = replace(sure, confident=False)
    assert [hit.document.path for hit in sure.hits] == ["a.txt", "b.txt"]
    outcomes = [judge(sure, first), judge(sure, second), judge(unsure, first)]
    assert [outcome.failed for outcome in outcomes] == [True, False, False]
    assert score(outcomes) == Score(0, 0, None, None, None, None, None, None)


def test_a_question_that_cannot_be_asked_any_more_counts_and_is_named(tmp_path: Path, index: Path) -> None:
    library = word_library(write_files(tmp_path / "docs", {"a.txt": "oil war"}), index, WordEncoder("oil war"))
    library.update()
    gone = "oil war document:gone.pdf"
    asked = [
        Question("en", gone, "gone.pdf", ("oil",)), Question("en", gone, None, ()),
        Question("en", gone, "gone.pdf", (), ("oil",)), Question("en", "oil war", "a.txt", ("oil",)),
    ]  # fmt: skip
    outcomes = ask_all(library, asked)
    assert [outcome.failed for outcome in outcomes] == [True, False, False, outcomes[-1].refused]
    assert [outcome.refused for outcome in outcomes[:3]] == [True] * 3
    assert all("No document's path matches gone.pdf" in outcome.problem for outcome in outcomes[:3])
    assert outcomes[-1].problem == ""
    assert (score(outcomes).hit_1, score(outcomes).refused_right) == (1 / 2, 1)


BAD = [
    "no json", "[]", "1", "null", '"text"', "{}", json.dumps({**GOOD, "lang": 1}),
    json.dumps({**GOOD, "question": " "}), json.dumps({**GOOD, "contains": "a text"}),
    json.dumps({**GOOD, "contains": []}), json.dumps({**GOOD, "contains": [1]}), json.dumps({**GOOD, "contains": 3}),
    json.dumps({"lang": "en", "question": "x"}), json.dumps({**GOOD, "question": None}),
    json.dumps({**GOOD, "wrong": "a text"}), json.dumps({**GOOD, "wrong": [" "]}), "[" * 100_000,
    json.dumps({**GOOD, "document": ["a.txt"]}), json.dumps({**GOOD, "document": 7}),
]  # fmt: skip


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n")
    with pytest.raises(EvaluationError, match=r"Line 2 of .*q\.jsonl"):
        read_questions(file)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe", None])
def test_a_file_without_questions_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "q.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"q\.jsonl"):
        read_questions(file)
