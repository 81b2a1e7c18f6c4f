"""The shape of the code, read from its syntax trees: imports go one way, files and functions stay small."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# From the bottom up; a module imports only what stands in a line above its own.
LAYERS = """
embeddings.errors embeddings.text embeddings.ragged
embeddings.hub embeddings.pieces embeddings.sound
embeddings.static embeddings.terms embeddings.parts
embeddings.encoder embeddings.lexical embeddings.interaction embeddings.stores
qa.errors qa.arrays qa.atomic qa.spans
qa.dotfiles
qa.ignore qa.folders qa.overrides
qa.furniture qa.folder qa.alike qa.repeated
qa.extracted qa.encodings qa.archives qa.reading_order qa.dates qa.sections
qa.html qa.pdf qa.sentences
qa.office qa.mail
qa.formats
qa.extraction
qa.documents
qa.passages qa.language
qa.ranked
qa.embed
qa.tables
qa.integrity
qa.transaction qa.filters
qa.answers qa.catalog
qa.trust qa.segment qa.reports qa.changes
qa.ranking qa.shelf qa.check qa.editions
qa.update qa.snapshot
qa.library
qa.evaluate qa.settings qa.watch
qa.guard qa.markup qa.rebuild qa.judgements qa.question_words qa.overview qa.uploads qa.examples
qa.notices qa.originals qa.listing qa.conversation qa.doctor
qa.repair
qa.visit
qa.routes
qa.cards
qa.chat
qa.page
qa.web
qa.printing qa.terminal
qa.arguments
qa.commands
qa.cli
qa.__main__
"""
RANKS = {module: rank for rank, line in enumerate(LAYERS.splitlines()) for module in line.split()}
HEAVY = {"torch", "sentence_transformers", "transformers", "faiss", "tokenizers", "gradio", "pymilvus", "scipy"}
WEB = {"qa.page"}
FILES = sorted(place for part in ("qa", "embeddings") for place in (ROOT / part).rglob("*.py"))
MODULES = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in FILES}
LAYERED = {name: file for name, file in MODULES.items() if "training" not in name and not name.endswith("__init__")}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def imports(node: ast.AST) -> set[str]:
    """Return the full names of the modules imported anywhere below a node."""
    found = {alias.name for below in ast.walk(node) if isinstance(below, ast.Import) for alias in below.names}
    for below in ast.walk(node):
        if isinstance(below, ast.ImportFrom):
            assert below.level == 0, "imports are absolute"
            parts = {f"{below.module}.{alias.name}" for alias in below.names}
            found |= parts & MODULES.keys() or {str(below.module)}
    return found


def eager(file: Path) -> set[str]:
    """Return the first parts of what is imported as soon as a module is, not under TYPE_CHECKING or in a function."""
    top = [node for node in tree(file).body if isinstance(node, ast.Import | ast.ImportFrom | ast.Try | ast.With)]
    return {name.split(".")[0] for node in top for name in imports(node)}


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_module_has_its_layer() -> None:
    assert sorted(LAYERED) == sorted(RANKS)


@pytest.mark.parametrize("module", LAYERED)
def test_imports_go_one_way(module: str) -> None:
    ours = {name for name in imports(tree(LAYERED[module])) if name in RANKS}
    assert {name for name in ours if RANKS[name] >= RANKS[module]} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("embeddings")])
def test_embeddings_knows_nothing_of_documents_and_pages(module: str) -> None:
    assert {
        name for name in imports(tree(MODULES[module])) if name.split(".")[0] in ("qa", "gradio", "sqlite3")
    } == set()


@pytest.mark.parametrize("module", LAYERED)
def test_heavy_libraries_are_imported_where_they_are_needed(module: str) -> None:
    assert eager(LAYERED[module]) & HEAVY <= ({"gradio"} if module in WEB else set())


def test_gradio_is_known_to_the_page_only() -> None:
    assert {name for name, file in MODULES.items() if "gradio" in {n.split(".")[0] for n in imports(tree(file))}} == WEB


@pytest.mark.parametrize("name", ["os.environ", "os.getenv"])
def test_inner_modules_never_read_the_environment(name: str) -> None:
    readers = {module for module, file in LAYERED.items() if name in file.read_text("utf-8")}
    assert readers <= {"qa.cli", "qa.page", "qa.web", "embeddings.encoder"}


@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_files_of_tests_stay_small(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", [*FILES, *ROOT.glob("*.py")], ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_stay_small(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 300
    for function in functions(file):
        assert (function.end_lineno or 0) - function.lineno < 60, function.name
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        assert len([argument for argument in arguments if argument.arg not in ("self", "cls")]) <= 7, function.name


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_prints_bare_excepts_or_asserts(file: Path) -> None:
    for node in ast.walk(tree(file)):
        assert not isinstance(node, ast.Assert) or "training" in file.parts, node.lineno
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), node.lineno
        printing = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        assert not printing or file.name in ("arguments.py", "commands.py") or "training" in file.parts, node.lineno


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_crosses_files_is_a_frozen_slotted_dataclass(file: Path) -> None:
    for node in (node for node in ast.walk(tree(file)) if isinstance(node, ast.ClassDef)):
        for decorator in node.decorator_list:
            written = ast.unparse(decorator)
            assert not written.startswith("dataclass") or ("frozen=True" in written and "slots=True" in written)


def test_errors_are_drawn_in_one_tree() -> None:
    drawn = re.findall(r"(\w+Error) ", (ROOT / "embeddings/errors.py").read_text("utf-8").split('"""')[1])
    defined = [
        node.name
        for name in ("embeddings/errors.py", "qa/errors.py")
        for node in tree(ROOT / name).body
        if isinstance(node, ast.ClassDef) and node.name != "SanadError"
    ]
    assert sorted(drawn) == sorted(defined)
