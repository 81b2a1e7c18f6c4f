"""Thumbs of the chat become lines that `eval` reads, once, and go when they are taken back."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answers import Answer, Hit
from qa.chat import Chat
from qa.errors import CatalogError
from qa.evaluate import Question, plain, read_questions
from qa.filters import Filter
from qa.judgements import FILE, LOCK, Judgements, right, unanswerable, wrong
from qa.library import Library
from qa.spans import Span
from tests.conftest import ROOT, done
from tests.test_cards import make_answer, make_hit

QUESTION = "What did a storm in March damage?"
SENTENCE = "A sentence that is long enough."
HIT = make_hit(f"Before. {SENTENCE} After.", mark=Span(8, 8 + len(SENTENCE)), path="sub/a.txt")
OTHER = make_hit("Another passage, with nothing marked.", path="b.txt", rank=2)
ANSWER = make_answer(HIT, OTHER, question="Who?")
RIGHT, WRONG, NONE = right(ANSWER, HIT), wrong(ANSWER, HIT), unanswerable(ANSWER)
ALL = [RIGHT, WRONG, NONE, right(ANSWER, OTHER), wrong(ANSWER, OTHER)]


@pytest.fixture
def judgements(index: Path) -> Judgements:
    return Judgements(index)


def lines(judgements: Judgements) -> list[dict[str, object]]:
    return [json.loads(line) for line in judgements.file.read_text("utf-8").splitlines()]


def test_each_judgement_is_the_line_that_eval_reads(judgements: Judgements) -> None:
    head = {"lang": "en", "question": "Who?"}
    judgements.add(RIGHT)
    assert lines(judgements) == [{**head, "document": "sub/a.txt", "contains": [SENTENCE]}]
    judgements.add(NONE)
    assert lines(judgements) == [{**head, "document": None, "contains": []}]
    judgements.add(WRONG)
    assert lines(judgements)[1] == {**head, "document": "sub/a.txt", "contains": [], "wrong": [SENTENCE]}


def test_a_question_is_judged_with_the_conditions_that_it_was_asked_under(judgements: Judgements) -> None:
    answer = replace(ANSWER, within=Filter.of(languages=["fa"], after="2022"))
    judgements.add(right(answer, HIT))
    judgements.add(unanswerable(replace(answer, question="Why?")))
    assert [line["question"] for line in lines(judgements)] == [
        f"{q}? language:fa after:2022-01-01" for q in ("Who", "Why")
    ]


@pytest.mark.parametrize(
    ("hit", "contains"),
    [(OTHER, OTHER.text), (make_hit("Yes. That is how it was.", mark=Span(0, 4)), "Yes. That is how it was.")],
    ids=["nothing marked", "marked too short to tell a passage"],
)
def test_where_no_sentence_tells_the_passage_all_of_it_is_the_gold(hit: Hit, contains: str) -> None:
    assert right(ANSWER, hit).contains == (contains,)


def test_a_judgement_is_written_once_and_taken_back(judgements: Judgements) -> None:
    for judged in (RIGHT, RIGHT, right(ANSWER, OTHER)):
        judgements.add(judged)
    assert judgements.read() == {RIGHT, right(ANSWER, OTHER)}
    assert len(lines(judgements)) == 2
    for _ in range(2):
        judgements.remove(RIGHT)
        assert judgements.read() == {right(ANSWER, OTHER)}


def test_wrong_takes_the_place_of_right_and_of_nothing_else(judgements: Judgements) -> None:
    judgements.add(RIGHT)
    judgements.add(right(ANSWER, OTHER))
    judgements.add(WRONG)
    assert judgements.read() == {WRONG, right(ANSWER, OTHER)}
    judgements.add(NONE)  # that nothing answers agrees with a passage that does not
    assert judgements.read() == {WRONG, NONE}
    judgements.add(RIGHT)
    assert judgements.read() == {RIGHT}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(ALL)), max_size=12))
def test_after_any_clicks_the_file_holds_what_was_said_last(
    tmp_path_factory: pytest.TempPathFactory, clicks: list[tuple[bool, Question]]
) -> None:
    judgements, held = Judgements(tmp_path_factory.mktemp("index")), set[Question]()
    clash = {
        RIGHT: {WRONG, NONE}, WRONG: {RIGHT}, NONE: {RIGHT, ALL[3]}, ALL[3]: {ALL[4], NONE}, ALL[4]: {ALL[3]},
    }  # fmt: skip
    for on, judged in clicks:
        (judgements.add if on else judgements.remove)(judged)
        held = (held - clash[judged] | {judged}) if on else held - {judged}
    assert judgements.read() == held
    assert len(judgements.content().splitlines()) == len(held)


def test_lines_of_others_stay_as_they_are(judgements: Judgements) -> None:
    judgements.file.parent.mkdir(parents=True)
    mine = [
        '{"question":  "Who?", "lang": "en", "document": "x", "contains": ["y"], "note": 1}\r',
        "# no question",
        '{"lang": "fa", "question": "کی؟", "document": null}',
    ]
    judgements.file.write_bytes("\n".join(mine).encode())  # without a line end at the last
    judgements.add(RIGHT)
    judgements.add(WRONG)
    judgements.remove(WRONG)
    assert judgements.file.read_bytes().decode().split("\n") == [*mine, ""]


@pytest.mark.parametrize("document", ['["a.txt"]', "7", "[" * 100_000])
def test_a_line_with_no_path_for_its_document_is_strange_and_the_chat_goes_on(
    library: Library, index: Path, document: str
) -> None:
    line = f'{{"lang": "en", "question": "Who?", "document": {document}, "contains": ["x"]}}'
    (index / FILE).write_text(f"{line}\n")
    chat = Chat(library)
    assert "What do you want to know?" in chat.show(())
    assert chat.judgements.strange() == [line]
    chat.judgements.add(NONE)
    assert chat.judgements.read() == {NONE}


@pytest.mark.parametrize("text", ["a\u2028b\x85c\x0bd\re\nf and more of it", 'quotes " and \\ and \x00 and more of it'])
def test_any_text_comes_back_as_it_was(judgements: Judgements, text: str) -> None:
    judged = right(ANSWER, make_hit(text, path=text))
    judgements.add(judged)
    assert read_questions(judgements.file) == [judged]


def test_nothing_judged_makes_no_file(judgements: Judgements) -> None:
    judgements.remove(RIGHT)
    assert (judgements.read(), judgements.content()) == (frozenset(), b"")
    assert not judgements.file.parent.exists()


def test_a_file_that_cannot_be_written_is_told_and_stays(judgements: Judgements) -> None:
    judgements.file.mkdir(parents=True)
    with pytest.raises(CatalogError, match=r"questions\.jsonl cannot be read \(Is a directory\)"):
        judgements.add(RIGHT)
    judgements.file.rmdir()
    judgements.file.write_bytes(b"\xff\n")
    with pytest.raises(CatalogError, match="not UTF-8"):
        judgements.add(RIGHT)
    assert judgements.file.read_bytes() == b"\xff\n"


def test_a_full_disk_leaves_the_old_file_and_no_other(judgements: Judgements, monkeypatch: pytest.MonkeyPatch) -> None:
    judgements.add(RIGHT)
    before = judgements.content()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CatalogError, match="No space left on device"):
            judgements.add(NONE)
    assert judgements.content() == before
    assert {place.name for place in judgements.file.parent.iterdir()} == {FILE, LOCK}
    assert stat.S_IMODE(judgements.file.stat().st_mode) & 0o400


def found(chat: Chat, question: str) -> Answer:
    *_, last = chat.ask(question, ())
    answer = last.turns[-1].answer
    assert answer is not None
    return answer


def test_eval_runs_on_what_was_judged_in_the_chat(library: Library, index: Path) -> None:
    chat = Chat(library)
    *_, shown = chat.ask(QUESTION, ())
    *_, shown = chat.ask("كيف أتعلم العزف على العود؟", shown.turns)
    first = shown.turns[0].answer
    assert first is not None
    assert "1 judgement in" in chat.judge(shown.turns, "1.1", "right", holds=True)
    assert "2 judgements in" in chat.judge(shown.turns, "1.2", "wrong", holds=True)
    assert f"3 judgements in <bdi>{index.absolute()}/questions.jsonl" in chat.judge(
        shown.turns, "2", "none", holds=True
    )
    assert chat.show(shown.turns).count('aria-pressed="true"') == 3
    assert 'data-pressed="1.1:right 1.2:wrong 2:none"' in chat.judged(shown.turns)
    table = json.loads(done("eval", index / "questions.jsonl", library.folder, "--index", index, "--json"))
    assert (table["en"]["n"], table["en"]["hit@1"], table["ar"]["unanswerable"]) == (1, 1.0, 1)
    told = done("eval", index / "questions.jsonl", library.folder, "--index", index)
    assert len(told.splitlines()) == 4  # no question failed
    gold = plain(first.hits[0].text)
    assert all(plain(text) in gold for text in read_questions(index / "questions.jsonl")[0].contains)
    chat.judge(shown.turns, "1.1", "right", holds=False)
    chat.judge(shown.turns, "1.1", "wrong", holds=True)
    told = done("eval", index / "questions.jsonl", library.folder, "--index", index)
    assert told.splitlines()[-1] == f"en: {QUESTION}: the first passage is one that was judged wrong"


def test_what_cannot_be_written_is_told_and_presses_nothing(library: Library, index: Path) -> None:
    chat = Chat(library)
    *_, shown = chat.ask(QUESTION, ())
    (index / "questions.jsonl").mkdir()
    told = chat.judge(shown.turns, "1.1", "right", holds=True)
    assert "cannot be read" in told
    assert 'data-pressed=""' in told


@pytest.mark.parametrize(
    ("place", "judgement"),
    [("1.9", "right"), ("9.1", "wrong"), ("2", "none"), ("1", "right"), ("1.1", "none"), ("1.1", "x")],
)
def test_a_forged_judgement_writes_nothing(library: Library, place: str, judgement: str) -> None:
    chat = Chat(library)
    *_, shown = chat.ask(QUESTION, ())
    assert "no longer knows this conversation" in chat.judge(shown.turns, place, judgement, holds=True)
    assert not chat.judgements.file.exists()


def test_two_servers_on_one_index_lose_no_judgement(judgements: Judgements) -> None:
    code = """
import sys
from pathlib import Path
from qa.evaluate import Question
from qa.judgements import Judgements
for number in range(30):
    Judgements(Path(sys.argv[1])).add(Question("en", f"{sys.argv[2]} {number}", None, ()))
"""
    command = [sys.executable, "-c", code, str(judgements.file.parent)]
    servers = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("one", "two", "three")]
    assert [server.wait(60) for server in servers] == [0, 0, 0]
    assert len(judgements.read()) == 90
