"""`Library`: a folder of documents that answers questions. `update` it, `ask` it; its length counts its passages."""

import contextlib
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import ModelError
from embeddings.static import BUILT_IN
from qa.answers import Answer
from qa.catalog import Catalog, Listing
from qa.changes import check_gone, compare, reason
from qa.check import check
from qa.editions import Editions
from qa.errors import CatalogError, QuestionError
from qa.filters import EVERYTHING, Filter, read_filter
from qa.folder import Skipped, check_index
from qa.reports import Progress, Report
from qa.shelf import Shelf
from qa.snapshot import Snapshot, usable
from qa.tables import Listed
from qa.update import Hooks, update

LONGEST_QUESTION = 2000  # characters


class Library:
    """The documents of one folder, their index in another, and the encoder that both passages and questions go through.

    With `editions` the index may hold editions of several models. Until the one of `encoder` is complete, the one that
    answered before goes on answering. With `follows`, an update changes over to the edition that another process chose.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        encoder: Encoder,
        editions: Editions | None = None,
        *,
        follows: bool = False,
    ) -> None:
        self.folder = folder
        self.index = editions.folder if editions else catalog.folder
        self.encoder = encoder
        self._catalog, self._editions, self._follows = catalog, editions, follows
        self._shelf = Shelf(catalog, encoder.dim)
        self._loaded: Snapshot | None = None
        self._listed: Listing | None = None  # while nothing is loaded
        self._before: Library | None = None  # what answers until this one can
        # Whether another edition answers until this one is complete.
        self._waits = editions is not None and editions.current().exists() and not editions.whole(catalog)
        self._updating, self._loading = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, folder: str | Path, index: str | Path, model: str | None = None) -> "Library":
        """Open the library over `folder` whose index is in the folder `index`; neither needs to exist yet.

        Both stay what they are if the process changes its working directory.
        The model is the one named, else the one that the index was made with, else the built-in one. What the index
        holds can be searched at once; `update` brings it in line with the folder. Raise ModelError where the model
        cannot be loaded, CatalogError where the index cannot be read or would lie among the documents.
        """
        folder, index = Path(folder).absolute(), Path(index).absolute()
        check_index(folder, index)
        editions = Editions(index)
        stamp = editions.current().stamp()  # an index that cannot be read is reported now, not at the first question
        encoder = load_encoder(model or BUILT_IN) if model or not stamp else _load_again(stamp.model, editions.folder)
        return cls(folder, editions.of(encoder), encoder, editions, follows=model is None)

    @property
    def _answering(self) -> "Library":
        """This library or, until the edition of its model is complete, the one of the model that answered before."""
        if self._waits and self._before is None:
            self._before = self._open_before()
        return self if self._before is None else self._before  # an empty one counts as false

    def _open_before(self) -> "Library":
        with contextlib.suppress(ModelError, CatalogError):  # the update will report it
            before = Library.open(self.folder, self.index)
            if not before._waits:  # it does where the model of that name has other weights by now
                return before
        return Library(self.folder, self._catalog, self.encoder)  # which is empty until the update

    @property
    def catalog(self) -> Catalog:
        """The catalog that answers come from."""
        return self._answering._catalog

    @property
    def _snapshot(self) -> Snapshot:
        if self._loaded is None:  # loaded on demand, since an update may come first
            with self._loading:  # by the first of several questions, for all of them
                self._loaded = self._load() if self._loaded is None else self._loaded
        return self._loaded

    def _load(self) -> Snapshot:
        return Snapshot.load(self._catalog, self._shelf, self.encoder)

    @property
    def _listing(self) -> Listing:
        if self._loaded is not None:
            return self._loaded.listing
        if self._listed is None or self._listed.generation != self._catalog.generation():
            self._listed = usable(self._catalog, self.encoder)
        return self._listed

    def update(
        self,
        *,
        force: bool = False,
        again: Collection[str] = (),
        progress: Callable[[Progress], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
        switch: bool = True,
    ) -> Report:
        """Make the index equal the folder and report, by path, what was done to each document.

        Only new text is embedded. A new version of the splitter makes everything again; another model makes an edition
        of its own, which with `switch` answers from now on, also in other processes. Documents are written in groups
        and can be searched as soon as they are. Where `stop` returns true or an error ends the update, the next one
        continues from there. Only with `force` are most documents removed at once, or the index of another folder
        replaced. Files named by `again` are read again, changed or not. Raise FolderError, LockedError, CatalogError
        or, where another process chose a model that cannot be loaded here, ModelError.
        """
        with self._updating:  # one update at a time in this process
            self._adopt_current_edition()
            if not force:
                self._check_gone()
            hooks = Hooks(progress, stop, self._refresh)
            report = update(self.folder, self._catalog, self.encoder, hooks, force=force, again=again)
            self._refresh()
            return report if report.waiting else replace(report, switched=self._finish(switch=switch))

    def _adopt_current_edition(self) -> None:
        """Change over to the edition that another process made the one that answers."""
        current = self._editions.current() if self._follows and self._editions else self._catalog
        stamp = current.stamp() if current.folder != self._catalog.folder else None
        if stamp is None or self._editions is None:
            return
        encoder = _load_again(stamp.model, self.index)
        other = Library(self.folder, self._editions.of(encoder), encoder)
        loaded = other._snapshot  # while the previous one still answers
        self._catalog, self.encoder, self._shelf, self._loaded = other._catalog, encoder, other._shelf, loaded
        self._listed = None
        self._waits, self._before = False, None

    def _check_gone(self) -> None:
        """Raise VanishedError where the edition that answers holds far more documents than its replacement would."""
        if self._waits and self._editions:
            with contextlib.suppress(CatalogError):  # a damaged one may be replaced by anything
                changes = compare(self.folder, self._editions.current(), self.encoder)
                check_gone(self.folder, changes, changes.gone)

    def _refresh(self) -> None:
        """Bring what answers in line with the catalog."""
        if self._waits or self._loaded is None:
            self._shelf.follow(usable(self._catalog, self.encoder))  # so that the next process need not
        elif self._catalog.generation() != self._loaded.listing.generation:
            self._loaded = self._load()

    def _finish(self, *, switch: bool) -> str | None:
        """Record that the edition of this model is complete; return why it replaced another, None where it did not."""
        if self._editions is None:
            return None
        before, now = self._editions.current().stamp(), self._catalog.stamp()
        if now and now.model != self.encoder.name:
            with self._catalog.write() as transaction:
                transaction.rename(self.encoder.name)
        self._editions.finish(self._catalog, switch=switch)
        if self._before is not None:
            self._loaded = self._load()
        self._waits = False
        self._before = None
        return reason(before, now) if switch and now else None

    def ask(self, question: str, k: int = 5, *, within: Filter = EVERYTHING) -> Answer:
        """Return the `k` passages that best answer `question`, best first and each text once, with a confidence.

        Only passages `within` the filter are searched, narrowed further by conditions in the question, such as
        `language:ar after:2022`. Raise QuestionError where the question is empty or longer than LONGEST_QUESTION, or a
        condition is invalid or met by nothing; ValueError where k < 1.
        """
        if not isinstance(k, int) or k < 1:
            raise ValueError(f"k is {k!r}: ask for at least one passage")
        if not isinstance(question, str):
            raise QuestionError(f"The question is not text but {type(question).__name__}: type a few words.")
        asked, within = read_filter(question.encode("utf-8", "replace").decode().strip(), within)
        if not any(character.isalnum() for character in asked):
            raise QuestionError("The question is empty: type a few words.")
        if len(asked) > LONGEST_QUESTION:
            raise QuestionError(
                f"The question has {len(asked):,} characters: ask in at most {LONGEST_QUESTION:,}, one thing at a time."
            )
        return self._answering._snapshot.ask(asked, k, within)

    def check(self) -> tuple[str, ...]:
        """Return a sentence for each way in which index and folder disagree; none where all is well."""
        return check(self.folder, self._catalog, self.encoder)

    def __repr__(self) -> str:
        return f"Library.open({str(self.folder)!r}, {str(self.index)!r})"

    def __len__(self) -> int:
        return sum(document.passages for document in self.documents)

    @property
    def documents(self) -> tuple[Listed, ...]:
        """The indexed documents without their texts, in order of their paths."""
        return self._answering._listing.documents

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that the last update left out, with the reason for each."""
        return self._answering._listing.skipped


def _load_again(model: str, index: Path) -> Encoder:
    """Load the model that an index was made with; nobody named it, so an error says where the name comes from."""
    try:
        return load_encoder(model)
    except ModelError as error:
        raise ModelError(f"{error} The index {index} was made with it; name another with --model.") from error
