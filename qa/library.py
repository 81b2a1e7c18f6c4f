"""`Library`: a folder of documents that can be asked. `update` it, `ask` it; its length is its passages."""

from collections.abc import Callable, Collection
from pathlib import Path

from embeddings.encoder import Encoder, load_encoder
from embeddings.static import BUILT_IN
from qa.answers import Answer
from qa.catalog import Catalog, Listing
from qa.check import check
from qa.errors import QuestionError
from qa.filters import EVERYTHING, Filter, read_filter
from qa.folder import Skipped
from qa.reports import Progress, Report
from qa.shelf import Shelf
from qa.snapshot import Snapshot, usable
from qa.tables import Listed
from qa.update import Hooks, update

LONGEST_QUESTION = 2000  # characters


class Library:
    """Documents of one folder, indexed in another, with an encoder that makes them comparable."""

    def __init__(self, folder: Path, catalog: Catalog, encoder: Encoder) -> None:
        self.folder = folder
        self.catalog = catalog
        self.encoder = encoder
        self._shelf = Shelf(catalog, encoder.dim)
        self._loaded: Snapshot | None = None
        self._listed: Listing | None = None  # while nothing is loaded

    @classmethod
    def open(cls, folder: str | Path, index: str | Path, model: str = BUILT_IN) -> "Library":
        """Open the library over `folder` whose index is in the folder `index`; neither needs to exist yet.

        What the index holds can be asked at once; `update` brings it in line with the folder. Raise ModelError where
        the model cannot be loaded, CatalogError where the index cannot be read.
        """
        catalog = Catalog(Path(index))
        catalog.stamp()  # what cannot be read is said now, not at the first question
        return cls(Path(folder), catalog, load_encoder(model))

    @property
    def _snapshot(self) -> Snapshot:
        if self._loaded is None:  # not when opened: an update may come first
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> Snapshot:
        return Snapshot.load(self.catalog, self._shelf, self.encoder)

    @property
    def _listing(self) -> Listing:
        if self._loaded:
            return self._loaded.listing
        if self._listed is None or self._listed.generation != self.catalog.generation():
            self._listed = usable(self.catalog, self.encoder)
        return self._listed

    def update(
        self,
        *,
        force: bool = False,
        again: Collection[str] = (),
        progress: Callable[[Progress], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Report:
        """Make the index equal the folder and report, by path, what was done to each document.

        Only new text is embedded; another model or splitter makes everything again. Documents can be asked as they are
        written, some at a time; where `stop` says so or an error ends it, the next update goes on from there. Most
        documents at once are removed, and the index of another folder is replaced, only with `force`. Files named by
        `again` are read again, changed or not. Raise FolderError, LockedError or CatalogError.
        """
        report = update(
            self.folder, self.catalog, self.encoder, Hooks(progress, stop, self._follow), force=force, again=again
        )
        self._follow()
        return report

    def _follow(self) -> None:
        """Bring what answers in line with the catalog."""
        if self._loaded is None:
            self._shelf.follow(usable(self.catalog, self.encoder))  # so that the next process need not
        elif self.catalog.generation() != self._loaded.listing.generation:
            self._loaded = self._load()

    def ask(self, question: str, k: int = 5, *, within: Filter = EVERYTHING) -> Answer:
        """Return the `k` passages that answer `question` best, best first, equal ones once, and how sure that is.

        Only those `within` a filter, to which conditions in the question are added: `language:ar after:2022`. Raise
        QuestionError where the question is empty or longer than LONGEST_QUESTION, a condition is none or nothing fits
        it; ValueError where k < 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least one passage")
        asked, within = read_filter(question.encode("utf-8", "replace").decode().strip(), within)
        if not any(character.isalnum() for character in asked):
            raise QuestionError("The question is empty: type a few words.")
        if len(asked) > LONGEST_QUESTION:
            raise QuestionError(
                f"The question has {len(asked):,} characters: ask in at most {LONGEST_QUESTION:,}, one thing at a time."
            )
        return self._snapshot.ask(asked, k, within)

    def check(self) -> tuple[str, ...]:
        """Return in a sentence each where index and folder disagree; none where all is well."""
        return check(self.folder, self.catalog, self.encoder)

    def __len__(self) -> int:
        return sum(document.passages for document in self.documents)

    @property
    def documents(self) -> tuple[Listed, ...]:
        """The indexed documents without their texts, in order of their paths."""
        return self._listing.documents

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that the last update left out, with the reason for each."""
        return self._listing.skipped
