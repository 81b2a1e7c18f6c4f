"""Examples are offered where the documents that answer them are indexed, and nowhere else."""

from qa.examples import EXAMPLES, fitting
from qa.library import Library
from qa.markup import LANGUAGES
from tests.conftest import SEEDS


def test_examples_fit_the_documents_that_answer_them(seed_library: Library) -> None:
    assert tuple(fitting(seed_library.documents)) == EXAMPLES
    first, *others = seed_library.documents
    assert fitting(others) == [example for example in EXAMPLES if example.document != first.path]
    assert fitting(()) == []


def test_each_example_names_a_seed_and_a_language_of_its_own() -> None:
    assert {example.document for example in EXAMPLES} <= {file.name for file in SEEDS.iterdir()}
    languages = [example.language for example in EXAMPLES]
    assert len(set(languages)) == len(languages)
    assert set(languages) <= LANGUAGES.keys()
