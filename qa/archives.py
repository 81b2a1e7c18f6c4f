"""Open the zip archives of office formats, limiting what they inflate to and trusting none of their XML."""

import io
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from qa.folder import SkipError

MOST_ENTRIES = 10_000
LARGEST = 128 * 2**20  # bytes inflated from one archive
STEEPEST = 200  # times its compressed size; a member that inflates further, beyond SLACK, is a bomb
SLACK = 8 * 2**20  # bytes
PIECE = 2**16


class Archive:
    """A zip archive in memory, whose members are counted while they are inflated, whatever their headers say."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(b"\xd0\xcf\x11\xe0"):
            raise SkipError(
                "it is locked with a password or in an old format: save it in a new one, without a password"
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
            raise SkipError(f"it is damaged ({error})") from None
        self.names = frozenset(self._zip.namelist())
        if len(self._zip.infolist()) > MOST_ENTRIES:
            raise SkipError(f"it is an archive of more than {MOST_ENTRIES:,} parts")
        self._inflated = 0

    def read(self, name: str) -> bytes:
        """Return a member's bytes, none where there is no such member."""
        if name not in self.names:
            return b""
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise SkipError("it is locked with a password")
        pieces: list[bytes] = []
        size = 0
        try:
            with self._zip.open(info) as member:
                while piece := member.read(PIECE):
                    size += len(piece)
                    self._inflated += len(piece)
                    if self._inflated > LARGEST or size > SLACK + STEEPEST * info.compress_size:
                        raise SkipError("it inflates far too much, as a zip bomb does")
                    pieces.append(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
            raise SkipError(f"it is damaged ({error})") from None
        return b"".join(pieces)

    def xml(self, name: str) -> Element:
        """Return the root of an XML member, an empty element where there is no such member."""
        content = self.read(name)
        return _parse_xml(content) if content else Element("none")

    def check(self) -> None:
        """Inflate and parse every XML member once, before a library opens the archive without these limits."""
        for name in sorted(self.names):
            if name.endswith((".xml", ".rels")):
                _parse_xml(self.read(name))


def _parse_xml(content: bytes) -> Element:
    """Return the root element; raise SkipError where it is not XML, or declares a document type or entities."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content, forbid_dtd=True)
        return root
    except DefusedXmlException:
        raise SkipError("its XML declares entities or a document type: such files are not read") from None
    except (ParseError, ValueError, LookupError) as error:
        raise SkipError(f"it is damaged ({error})") from None
