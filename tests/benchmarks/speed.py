"""Time what users wait for: loading the model, embedding, indexing, ranking a question, and `ask` as a whole process.

    python -m tests.benchmarks.speed [--passages 10000] [--questions 50]

Passages of about 600 characters are made from the words of the seeds and of the model's own vocabulary, drawn as
often as words are in real text (Zipf). Beside each figure stands that of a plain numpy product over the same vectors
or the limit that was set, measured in the same run: these are what to compare, not the milliseconds.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from embeddings.static import MODEL, StaticEncoder
from qa.ranking import rank
from qa.snapshot import Snapshot
from tests.benchmarks.quality import contents_of

SEEDS = Path(__file__).parents[2] / "seeds"


def write_passages(count: int) -> list[str]:
    """Return made-up passages whose vocabulary grows with their number as that of real text does."""
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(str(MODEL / "tokenizer.json")).get_vocab()
    words = " ".join(file.read_text("utf-8") for file in sorted(SEEDS.iterdir())).split()
    words = [*dict.fromkeys(words), *sorted(piece[1:] for piece in pieces if piece.startswith("▁") and len(piece) > 2)]
    drawn = np.random.default_rng(0).zipf(1.15, (count, 90)) % len(words)
    return [". ".join(" ".join(words[word] for word in row[i : i + 18]) for i in range(0, 90, 18)) for row in drawn]


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.speed", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=50)
    options = parser.parse_args(arguments)
    loaded = statistics.median(seconds(StaticEncoder.load) for _ in range(5))
    print(f"load the model          {loaded * 1000:8.0f} ms   (limit 300)")
    encoder, texts = StaticEncoder.load(), write_passages(options.passages)
    encoded = min(seconds(lambda: StaticEncoder.load().encode_passages(texts)) for _ in range(2))
    print(f"encode                  {len(texts) / encoded:8.0f} passages/s   (limit 5,000)")
    began = time.perf_counter()
    contents = contents_of(encoder, [(str(number), text) for number, text in enumerate(texts)])
    embedded = time.perf_counter()
    snapshot = Snapshot.build(contents, encoder)
    print(f"embed for the catalog   {len(texts) / (embedded - began):8.0f} passages/s")
    print(f"make derived indexes    {len(texts) / (time.perf_counter() - embedded):8.0f} passages/s")
    asked = [" ".join(text.split()[3:13]) for text in texts[: options.questions]]
    vectors = np.stack([row.embedded.vector for (row,) in contents.rows])  # (passages, dim)
    ranked = statistics.median(seconds(lambda text=text: rank(snapshot.index, text)) for text in asked)
    plain = statistics.median(seconds(lambda row=row: np.argsort(-(vectors @ row))) for row in vectors[: len(asked)])
    print(f"rank a question         {ranked * 1000:8.1f} ms   (limit 15; numpy product and sort {plain * 1000:.1f})")
    command = [sys.executable, "-m", "qa", "ask", "When did Tokayev become president?", str(SEEDS), "--json"]
    subprocess.run(command, check=True, capture_output=True)
    whole = statistics.median(
        seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(5)
    )
    start = statistics.median(seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)) for _ in range(5))
    print(f"ask as a whole process  {whole * 1000:8.0f} ms   (limit 1,500; Python alone {start * 1000:.0f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
