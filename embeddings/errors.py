"""The root of every error that a user can fix; command line and page show its message and nothing else.

SanadError
├── ModelError             the embedding model cannot be used       (embeddings)
├── FolderError            the folder of documents cannot be used   (qa)
│   ├── EmptyFolderError   it holds no document                     (qa)
│   ├── VanishedError      most documents are gone from it          (qa)
│   └── OtherFolderError   the index is that of another             (qa)
├── CatalogError           the index on disk cannot be used         (qa)
│   ├── NewerError         a newer Sanad wrote it                   (qa)
│   └── LockedError        another process is writing it            (qa)
├── QuestionError          the question cannot be asked             (qa)
├── EvaluationError        the file of questions cannot be read     (qa)
├── SettingsError          a setting has a value that does not fit  (qa)
├── UploadError            a document cannot be added or removed    (qa)
└── ServerError            the chat cannot be served                (qa)
"""


class SanadError(Exception):
    """Say what is wrong, where, and what to do, in one sentence for the user."""


class ModelError(SanadError):
    """The embedding model is missing, damaged, or of a kind that cannot be used."""
