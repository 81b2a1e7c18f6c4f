"""What an update tells while it runs, and what it did when it ended."""

from dataclasses import dataclass

from qa.answers import counted
from qa.folder import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: documents read of those that are new or changed, and the one at hand."""

    done: int
    total: int
    document: str
    passages: int = 0  # embedded so far
    skipped: int = 0  # documents so far
    rate: float = 0.0  # passages embedded a second
    left: float | None = None  # seconds, by the sizes of the files; None where that cannot be told yet


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did to each document, by path, and how many passages it had to embed."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    embedded: int
    rebuilt: str | None  # why everything was made again, None where it was not
    seconds: float
    notes: tuple[tuple[str, str], ...] = ()  # documents read now of which the reader should know something, and what
    switched: str | None = None  # why another index than before answers now
    waiting: int = 0  # files that it had not come to when it was stopped

    @property
    def summary(self) -> str:
        """One sentence for the reader."""
        switched = f"{self.switched[0].upper()}{self.switched[1:]}. " if self.switched else ""
        return switched + self._work

    @property
    def _work(self) -> str:
        skipped = f", {len(self.skipped):,} skipped" if self.skipped else ""
        stopped = f" Stopped: {counted(self.waiting, 'file')} still waiting." if self.waiting else ""
        if not (self.added or self.changed or self.removed or self.embedded or self.rebuilt or stopped):
            return f"Nothing to do: {counted(len(self.unchanged), 'document')} unchanged{skipped}."
        names = ("added", "changed", "removed", "unchanged")
        counts = ", ".join(f"{len(getattr(self, name)):,} {name}" for name in names if getattr(self, name))
        rebuilt = f"Rebuilt because {self.rebuilt}: " if self.rebuilt else ""
        embedded = f"{counted(self.embedded, 'passage')} embedded in {self.seconds:.1f} s."
        return f"{rebuilt}{counts or 'no documents'}{skipped}; {embedded}{stopped}"
