"""Errors about documents, index and questions; `embeddings.errors` draws the whole tree."""

from embeddings.errors import SanadError


class FolderError(SanadError):
    """The folder of documents is missing, unreadable or empty."""


class EmptyFolderError(FolderError):
    """The folder holds no document."""


class VanishedError(FolderError):
    """Most of the documents are gone: a disk may be missing. An update that is forced takes it as meant."""


class OtherFolderError(FolderError):
    """The index is that of another folder. An update that is forced replaces it."""


class CatalogError(SanadError):
    """The index on disk is damaged, or cannot be read or written."""


class NewerError(CatalogError):
    """The index was written by a newer version of Sanad."""


class LockedError(CatalogError):
    """Another process is writing the index."""


class QuestionError(SanadError):
    """The question is empty or too long, or has a condition that is invalid or met by nothing."""


class EvaluationError(SanadError):
    """The file of questions cannot be read."""


class SettingsError(SanadError):
    """A setting has a value that does not fit."""


class ServerError(SanadError):
    """The chat cannot be served: its port is taken or its address is not this machine's."""


class UploadError(SanadError):
    """A document cannot be added through the page, or removed again."""
