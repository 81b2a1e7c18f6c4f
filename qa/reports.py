"""What an update reports while it runs, and when it has ended."""

from dataclasses import dataclass

from qa.answers import counted
from qa.folder import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update has come: how many new or changed documents it has read, and the current one."""

    done: int
    total: int
    document: str
    passages: int = 0  # embedded so far
    skipped: int = 0  # files so far
    rate: float = 0.0  # passages embedded a second
    left: float | None = None  # seconds, estimated from the sizes of the files; None where it is too early


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
    # Documents just read, with what the user should know about how they were read.
    notes: tuple[tuple[str, str], ...] = ()
    switched: str | None = None  # why another edition answers now, None where the same does
    waiting: int = 0  # files that were still to be read when it was stopped

    @property
    def is_news(self) -> bool:
        """Whether anything answers differently now."""
        return bool(self.added or self.changed or self.removed or self.rebuilt or self.switched)

    @property
    def summary(self) -> str:
        """What was done, in a sentence for the user."""
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
