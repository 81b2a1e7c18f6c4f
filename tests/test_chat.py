"""What the chat does around a question, without a browser: the folder followed, questions refused, notices."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embeddings.static import StaticEncoder
from qa.catalog import Catalog
from qa.chat import Chat, Shown
from qa.conversation import LONGEST_CONVERSATION, Turn
from qa.library import LONGEST_QUESTION, Library
from qa.reports import Progress, Report

QUESTION, ANSWERING = "What did a storm in March damage?", "004_54b42a50ae65c283.txt"


@pytest.fixture
def chat(library: Library) -> Chat:
    return Chat(library)


def ask(chat: Chat, question: str, turns: tuple[Turn, ...] = ()) -> Shown:
    """Return the page as it stands after the question."""
    *_, last = chat.ask(question, turns)
    return last


def files(shown: Shown) -> list[str]:
    answer = shown.turns[-1].answer
    assert answer is not None
    return [hit.document.path for hit in answer.hits]


def test_a_deleted_file_answers_no_more_and_the_count_is_right(chat: Chat, seeds: Path) -> None:
    assert files(ask(chat, QUESTION))[0] == ANSWERING
    (seeds / ANSWERING).unlink()
    shown = ask(chat, QUESTION)
    assert ANSWERING not in files(shown)
    assert "in 4 documents" in shown.amount
    assert "1 removed" in shown.notice


def test_a_new_file_answers_at_once(chat: Chat, seeds: Path) -> None:
    (seeds / "new.txt").write_text("Flamingos\n\nThere are 14,562 flamingos living on Lake Tengiz.\n", "utf-8")
    assert files(ask(chat, "How many flamingos live on Lake Tengiz?"))[0] == "new.txt"


def test_an_update_that_a_question_began_is_told_only_where_it_changed_something(chat: Chat) -> None:
    assert ask(chat, QUESTION).notice == ""
    assert "Nothing to do" in chat.notice(chat.rebuild.work, wanted=True)


def test_the_next_question_clears_the_report(chat: Chat, seeds: Path) -> None:
    (seeds / ANSWERING).unlink()
    shown = ask(chat, QUESTION)
    assert "1 removed" in shown.notice
    assert [page.notice for page in chat.ask(QUESTION, shown.turns)] == ["", ""]


def test_a_folder_that_is_gone_is_told_and_the_index_still_answers(chat: Chat, seeds: Path) -> None:
    shutil.rmtree(seeds)
    shown = ask(chat, QUESTION)
    assert files(shown)[0] == ANSWERING
    assert 'class="problem"' in shown.notice
    assert str(seeds) in shown.notice


class Slow(Library):
    """A library whose update takes until it is let go."""

    free = threading.Event()

    def update(self, *, progress: Callable[[Progress], None] = lambda _: None, **options) -> Report:
        progress(Progress(1, 4, ANSWERING))
        self.free.wait(30)
        return super().update(progress=progress, **options)


@pytest.fixture
def slow(library: Library, encoder: StaticEncoder) -> Iterator[Chat]:
    slow = Slow(library.folder, Catalog(library.catalog.folder), encoder)
    slow.free = threading.Event()
    yield Chat(slow)
    slow.free.set()


def test_a_question_does_not_wait_for_a_long_update(slow: Chat, seeds: Path) -> None:
    (seeds / ANSWERING).unlink()
    began = time.monotonic()
    shown = ask(slow, QUESTION)
    assert 0.9 < time.monotonic() - began < 20  # the update would take 30
    assert files(shown)[0] == ANSWERING  # what was indexed before
    assert "1 of 4 documents" in shown.notice
    slow.library.free.set()  # type: ignore[attr-defined]  # which goes on, to its end
    *_, ended = slow.rebuild.follow()
    assert ended.report is not None
    assert ended.report.removed == (ANSWERING,)


@pytest.mark.parametrize(
    ("question", "told"), [("؟ ", "empty"), ("", "empty"), ("why? " * LONGEST_QUESTION, "2,000 at most|at most 2,000")]
)
def test_a_refused_question_returns_to_the_box_and_leaves_no_turn(chat: Chat, question: str, told: str) -> None:
    before = ask(chat, QUESTION)
    shown = ask(chat, question, before.turns)
    assert shown.box == question
    assert any(words in shown.refusal for words in told.split("|"))
    assert (shown.turns, shown.conversation) == (before.turns, before.conversation)
    again = ask(chat, QUESTION, shown.turns)
    assert (again.box, again.refusal) == (None, "")
    assert [turn.number for turn in again.turns] == [1, 2]


def test_conditions_of_the_filter_are_asked_but_do_not_return_to_the_box(chat: Chat) -> None:
    *_, refused = chat.ask(QUESTION, (), "document:nothing-such")
    assert refused.box == QUESTION
    assert "nothing-such" in refused.refusal
    *_, answered = chat.ask(QUESTION, (), f"document:{ANSWERING}")
    assert answered.turns[0].question == f"{QUESTION} document:{ANSWERING}"
    assert set(files(answered)) == {ANSWERING}


def test_a_question_empties_the_box_once_and_not_what_is_typed_until_its_answer(chat: Chat) -> None:
    assert [page.box for page in chat.ask(QUESTION, ())] == ["", None]


def test_a_long_conversation_loses_its_oldest_turns(chat: Chat) -> None:
    turns = tuple(Turn(number, "Why?", problem="None.") for number in range(1, 41))
    assert [turn.number for turn in ask(chat, QUESTION, turns).turns] == list(range(12, 42))


def test_documents_are_listed_and_opened_by_their_path(chat: Chat, seeds: Path) -> None:
    assert chat.list_documents("").count("data-document") == 5
    assert f'data-document="{ANSWERING}"' in chat.list_documents("004", "7")
    assert "No document matches" in chat.list_documents("nowhere")
    assert chat.list_documents(" ", "9" * 5000) == chat.list_documents("", "-1") == chat.list_documents("")
    assert "No document matches" in chat.list_documents("xyz\ud800" * 10_000)
    assert f'data-place="{ANSWERING}"' in chat.read(ANSWERING)
    (seeds.parent / "secret.txt").write_text("secret", "utf-8")
    for forged in ("../secret.txt", str(seeds / ANSWERING), "", "nowhere"):
        assert chat.read(forged) == ""


def test_a_page_that_is_loaded_anew_is_answered_again_whatever_it_kept(chat: Chat) -> None:
    turns, shown = chat.restore(json.dumps([QUESTION, "", 7, "oil language:xx", "x" * 9999, "نفت"]), ())
    assert [(turn.number, turn.question) for turn in turns] == [(1, QUESTION), (2, "نفت")]
    assert all(turn.answer for turn in turns)
    assert "نفت" in shown
    assert chat.restore(json.dumps(["oil"]), turns) == (turns, shown)
    for strange in ("", "{", '{"a": 1}', "[" * 99999, "null"):
        assert chat.restore(strange, ()) == ((), chat.show(()))
    many = json.dumps([f"oil {number}" for number in range(99)])
    assert [turn.question for turn in chat.restore(many, ())[0]][-1] == "oil 98"
    assert len(chat.restore(many, ())[0]) == LONGEST_CONVERSATION


def test_what_a_page_shows_first_does_not_replace_the_conversation_that_it_kept(chat: Chat) -> None:
    kept = json.dumps([QUESTION])
    assert chat.show_first(kept, ()) is None
    assert chat.show_first("[]", ()) == chat.show_first("", ()) == chat.show(())
    turns, shown = chat.restore(kept, ())
    assert chat.show_first(kept, turns) == shown


def test_a_question_of_several_lines_is_shown_on_one(chat: Chat) -> None:
    assert ask(chat, "Who\n\n  won? ").turns[0].question == "Who won?"


DAMAGE = "catalog.sqlite is damaged or is not an index of Sanad"


@pytest.mark.parametrize("loaded", [False, True])
def test_an_index_that_is_damaged_while_it_is_served_is_told_in_a_sentence(
    library: Library, seeds: Path, loaded: bool
) -> None:
    chat = Chat(Library.open(seeds, library.index))
    turns = ask(chat, QUESTION).turns if loaded else ()
    (library.index / "catalog.sqlite").write_bytes(b"garbage" * 1000)
    shown = ask(chat, QUESTION, turns)
    assert DAMAGE in shown.notice
    assert DAMAGE in chat.read(ANSWERING)
    assert DAMAGE in chat.list_documents("")
    assert f"in {5 if loaded else 0} documents" in chat.count()
    assert files(shown)[0] == ANSWERING if loaded else DAMAGE in shown.conversation  # from memory, or not at all


def test_an_index_that_is_damaged_before_anything_is_loaded_is_told_wherever_the_page_shows_it(
    library: Library, seeds: Path
) -> None:
    turns = ask(Chat(library), QUESTION).turns
    chat = Chat(Library.open(seeds, library.index))
    (library.index / "catalog.sqlite").write_bytes(b"garbage" * 1000)
    assert DAMAGE in chat.show(())
    assert DAMAGE in chat.notice(chat.rebuild.work)
    assert DAMAGE in chat.open(turns, "1.1")[0]  # with the text as it was searched
    *_, tried = chat.try_example((), "0")
    assert DAMAGE in tried.notice
    assert DAMAGE in chat.restore(json.dumps([QUESTION]), ())[1]
    chat.rebuild_some("")
    chat.await_documents()
    *_, ended = chat.rebuild.follow()
    assert DAMAGE in ended.problem
