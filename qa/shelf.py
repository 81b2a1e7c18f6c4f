"""The segments of an index: files beside the catalog, made from it where they are missing, stale or damaged.

They hold nothing that the catalog does not. A key of the catalog never names another document, so a segment stays right
as long as it is intact; documents that are gone are simply not looked up.
"""

import contextlib
import functools
import hashlib
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import embeddings.interaction
import embeddings.lexical
import embeddings.pieces
import embeddings.ragged
import embeddings.sound
import embeddings.terms
import embeddings.text
import qa.segment
from embeddings.parts import Mask
from embeddings.ragged import Ints
from qa.arrays import ArrayFileError, read_arrays, write_arrays
from qa.catalog import SEGMENTS, Catalog, Listing
from qa.segment import Members, Segment, join
from qa.tables import Listed

ENDING = ".segment"
BATCH = 4096  # passages made into one segment at a time
LARGEST = 2**15  # passages; larger segments are not joined any more
MERGED = 8  # segments of about the same size are joined into one
logger = logging.getLogger(__name__)


@functools.cache
def code_stamp() -> str:
    """Return a hash of the code that derives segments: those made by other code are made again."""
    words = (embeddings.text, embeddings.terms, embeddings.sound, embeddings.lexical)
    tokens = (embeddings.ragged, embeddings.pieces, embeddings.interaction)
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for module in (*words, *tokens, qa.segment):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Volume:
    """A segment that exists, and which of its documents are wanted from it."""

    name: str
    members: Members
    wanted: Mask  # (documents,)

    @property
    def passages(self) -> int:
        return int(np.diff(self.members.starts)[self.wanted].sum())

    @property
    def wasted(self) -> bool:
        return bool(2 * self.passages < self.members.starts[-1])


class Shelf:
    """The segments of the catalog in one index folder."""

    def __init__(self, catalog: Catalog, dim: int) -> None:
        self._catalog, self._dim = catalog, dim
        self._folder = catalog.folder / SEGMENTS
        self._held: dict[str, Segment] = {}
        self._members: dict[str, Members] = {}
        self._bad: set[str] = set()  # names that cannot be read, and perhaps not removed either

    def gather(self, listing: Listing) -> list[Segment] | None:
        """Return segments that hold the listed documents; None where the catalog no longer has one of these."""
        while self.follow(listing):
            with contextlib.suppress(ArrayFileError):
                return [self._load(volume.name) for volume in self._volumes(_keys(listing)) if volume.wanted.any()]
        return None

    def follow(self, listing: Listing) -> bool:
        """Make segments of documents that are in none, and join small ones.

        Return False where the catalog no longer has one of the documents.
        """
        keys = _keys(listing)
        while True:
            present = [np.empty(0, np.int64), *(volume.members.keys for volume in self._volumes(keys))]
            missing = set(np.setdiff1d(keys, np.concatenate(present)).tolist())
            for batch in _batches([document for document in listing.documents if document.key in missing]):
                contents = self._catalog.load(batch)
                if len(contents.keys) < len(batch):
                    return False
                self._put(Segment.build(contents, self._dim))
            with contextlib.suppress(ArrayFileError):
                self._tidy(keys, listing.last_key)
                return True

    def _volumes(self, keys: Ints) -> list[_Volume]:
        """Return the existing segments, larger ones first; no document is wanted from two of them."""
        names = {file.name for file in self._folder.glob(f"*{ENDING}")} | self._held.keys()
        found = {name: members for name in sorted(names - self._bad) if (members := self._read_members(name))}
        volumes, claimed = [], np.empty(0, np.int64)
        for name, members in sorted(found.items(), key=lambda one: -len(one[1].keys)):
            wanted = np.isin(members.keys, keys) & ~np.isin(members.keys, claimed)
            claimed = np.concatenate([claimed, members.keys[wanted]])
            volumes.append(_Volume(name, members, wanted))
        return volumes

    def _read_members(self, name: str) -> Members | None:
        if name not in self._members:
            try:
                self._members[name] = read_arrays(self._folder / name, Members, code_stamp(), part=".members")
            except (ArrayFileError, OSError) as error:
                self._drop(name, str(error))
        return self._members.get(name)

    def _load(self, name: str) -> Segment:
        if name not in self._held:
            try:
                self._held[name] = read_arrays(self._folder / name, Segment, code_stamp())
            except (ArrayFileError, OSError) as error:
                self._drop(name, str(error))
                raise ArrayFileError(str(error)) from error
        return self._held[name]

    def _drop(self, name: str, why: str = "") -> None:
        """Forget a segment and remove its file; `why` says what is wrong with it, if it is not just unused."""
        if why:
            logger.info("the segment %s is made again: %s", self._folder / name, why)
            self._bad.add(name)
        self._held.pop(name, None)
        self._members.pop(name, None)
        with contextlib.suppress(OSError):
            (self._folder / name).unlink()

    def _put(self, segment: Segment) -> None:
        """Write a segment and map it; where one of these fails, hold it in memory, or it would be made for ever."""
        name = hashlib.sha256(segment.members.keys.tobytes()).hexdigest()[:16] + ENDING
        self._bad.discard(name)
        self._members[name] = segment.members
        try:
            write_arrays(self._folder / name, segment, code_stamp())
            self._held[name] = read_arrays(self._folder / name, Segment, code_stamp())
        except (ArrayFileError, OSError) as error:
            logger.warning("the segment %s cannot be kept: %s", self._folder / name, error)
            self._held[name] = segment

    def _tidy(self, keys: Ints, newest: int) -> None:
        """Remove segments that are not needed, and join small or half empty ones."""
        volumes = self._volumes(keys)
        for volume in volumes:  # one with newer documents than ours belongs to another process
            if not volume.wanted.any() and volume.members.keys.max(initial=-1) <= newest:
                self._drop(volume.name)
        used = [volume for volume in volumes if volume.wanted.any()]
        tiers: dict[int, list[_Volume]] = {}
        for volume in used:
            tiers.setdefault(_tier(volume.passages), []).append(volume)
        for alike in tiers.values():
            if len(alike) >= MERGED and sum(volume.passages for volume in alike) <= LARGEST:
                self._join(alike)
            else:
                for volume in alike:
                    if volume.wasted:
                        self._join([volume])

    def _join(self, volumes: Sequence[_Volume]) -> None:
        segments = [self._load(volume.name) for volume in volumes]
        self._put(join(segments, [volume.wanted for volume in volumes]))
        for volume in volumes:
            self._drop(volume.name)


def _keys(listing: Listing) -> Ints:
    return np.array([document.key for document in listing.documents], np.int64)


def _tier(passages: int) -> int:
    """Return the size class of a number of passages: below 256, 2,048, 16,384 and so on, each 8 times the last."""
    return max(passages // 64, 1).bit_length() // 3


def _batches(listed: Sequence[Listed]) -> Iterator[list[int]]:
    """Yield the keys of consecutive documents that have about BATCH passages together."""
    batch, passages = [], 0
    for document in listed:
        batch.append(document.key)
        passages += document.passages
        if passages >= BATCH:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch
