"""Fit the weights of the confidence, that the best passage answers: the network, the regressions, their shifts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from torch import Tensor

from qa.trust import Evidence, Weights
from tests.benchmarks.trust import ANSWERABLE, UNANSWERABLE, Cases, Set

HIDDEN = 32
EMPHASIS = 3  # how often a question of all passages counts, with its answer and without: for these a share is promised
EPOCHS, BATCH, RATE, DECAY = 100, 512, 0.005, 0.03
BUDGET = {"SAME": 0.05, "OTHER": 0.15, "WORDS": 0.05}  # of answerable questions refused
READ = 0.5  # the fluency from which on the model reads a question

Numbers = npt.NDArray[np.float64]


def fit(found: Sequence[tuple[Set, Cases]], others: Sequence[tuple[Set, Cases]], path: Path) -> None:
    """Fit all weights on the sets that are for that, shift them by their other questions, write them to `path`."""
    used = [kinds for one, kinds in found if "weights" in one.use]
    names = (*ANSWERABLE, *UNANSWERABLE, *["whole", "missing"] * (EMPHASIS - 1))
    every = [case for kinds in used for name in names for case in kinds[name] if _is_read(case.evidence)]
    token, passage, output = _network(*([c.evidence for c in every if c.right == right] for right in (True, False)))
    kept = {"token": token, "passage": passage, "output": output}
    kept["regressions"] = np.stack([_simple(used, kind) for kind in BUDGET])  # (3, 7)
    fitted = Weights(**kept, shift=np.zeros(2, np.float32))
    kept["regressions"][:, -1] -= [
        _limit(others, kind, lambda one, row=row: _line(fitted, row, one)) for row, kind in enumerate(BUDGET)
    ]
    kept["shift"] = -np.array([_limit(others, kind, fitted.judge) for kind in ("SAME", "OTHER")], np.float32)
    save_file(kept, path)


def _line(weights: Weights, row: int, evidence: Evidence) -> float:
    """Return what one regression says."""
    return float(np.append(evidence.scores(), 1) @ weights.regressions[row])


def _limit(found: Sequence[tuple[Set, Cases]], kind: str, logit: Callable[[Evidence], float]) -> float:
    """Return below which logit lies the budget of the answerable, where it is held."""
    held = [kinds["whole"] for one, kinds in found if one.kind == kind and "limit" in one.use]
    return float(np.quantile([logit(case.evidence) for several in held for case in several], BUDGET[kind]))


def _simple(used: Sequence[Cases], kind: str) -> npt.NDArray[np.float32]:
    """Fit one regression on whole questions, of which every one that is answerable counts as answered."""
    of_kind = [
        [case.evidence for kinds in used for name in names for case in kinds[name] if _kind(case.evidence) == kind]
        for names in (("whole", "part"), ("missing", "rest"))
    ]
    return _regression(*of_kind)


def _kind(evidence: Evidence) -> str:
    return "WORDS" if not _is_read(evidence) else "OTHER" if evidence.passage[-1] else "SAME"


def _is_read(evidence: Evidence) -> bool:
    return evidence.fluency > READ


def _regression(answers: Sequence[Evidence], misses: Sequence[Evidence]) -> npt.NDArray[np.float32]:
    """Fit a logistic regression on the scores by Newton's method. Shape (7,)."""
    design = np.array([np.append(evidence.scores(), 1) for evidence in (*answers, *misses)], np.float64)  # (cases, 7)
    labels = np.r_[np.ones(len(answers)), np.zeros(len(misses))]  # (cases,)
    weights = np.zeros(7)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))  # (cases,)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-3 * np.eye(7)
        weights -= np.linalg.solve(curvature, design.T @ (chances - labels) + 1e-3 * weights)
    return weights.astype(np.float32)


def _network(answers: Sequence[Evidence], misses: Sequence[Evidence]) -> tuple[npt.NDArray[np.float32], ...]:
    """Train the network by AdamW on standardized inputs; return its layers for the inputs as they are."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    every = [*answers, *misses]
    tokens, weights = _padded(every)  # (cases, tokens, 5), (cases, tokens)
    passages = np.array([evidence.passage for evidence in every])  # (cases, 6)
    labels = torch.from_numpy(np.r_[np.ones(len(answers)), np.zeros(len(misses))].astype(np.float32))  # (cases,)
    token_scale, passage_scale = _scale(tokens[weights > 0]), _scale(passages)
    inputs = [
        torch.from_numpy(_scaled(*pair).astype(np.float32))
        for pair in ((tokens, token_scale), (passages, passage_scale))
    ]
    shares = torch.from_numpy(weights.astype(np.float32))
    layers = [
        _drawn(rows, columns, generator) for rows, columns in ((6, HIDDEN), (HIDDEN + 7, HIDDEN), (HIDDEN + 1, 1))
    ]
    steps = EPOCHS * len(every) // BATCH
    optimizer = torch.optim.AdamW(layers, RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(steps):
        drawn = torch.randint(0, len(every), (BATCH,), generator=generator)
        logits = _logits(layers, inputs[0][drawn], shares[drawn], inputs[1][drawn])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[drawn])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    token, passage, output = (layer.detach().numpy().astype(np.float64) for layer in layers)
    token, passage = unscaled(token, token_scale, 0), unscaled(passage, passage_scale, HIDDEN)
    return token.astype(np.float32), passage.astype(np.float32), output[:, 0].astype(np.float32)


def _logits(layers: Sequence[Tensor], tokens: Tensor, shares: Tensor, passages: Tensor) -> Tensor:
    """Return what `Weights.judge` does, of many cases. Shape (cases,)."""
    each = torch.relu(tokens @ layers[0][:-1] + layers[0][-1])  # (cases, tokens, hidden)
    question = (each * shares[..., None]).sum(1)  # (cases, hidden)
    hidden = torch.relu(torch.cat([question, passages], 1) @ layers[1][:-1] + layers[1][-1])  # (cases, hidden)
    return (hidden @ layers[2][:-1] + layers[2][-1])[:, 0]


def _drawn(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Return a layer to begin with, its constants 0."""
    layer = torch.randn(rows, columns, generator=generator) / (rows - 1) ** 0.5
    layer[-1] = 0
    return layer.requires_grad_()


def _padded(every: Sequence[Evidence]) -> tuple[Numbers, Numbers]:
    """Return the tokens of all cases and their weights, 0 beyond the end of a question."""
    longest = max(len(evidence.tokens) for evidence in every)
    tokens = np.zeros((len(every), longest, 5))
    for row, evidence in enumerate(every):
        tokens[row, : len(evidence.tokens)] = evidence.tokens
    return tokens, tokens[:, :, 0].copy()


def _scale(values: Numbers) -> tuple[Numbers, Numbers]:
    return values.mean(axis=0), np.maximum(values.std(axis=0), 1e-3)


def _scaled(values: Numbers, scale: tuple[Numbers, Numbers]) -> Numbers:
    return (values - scale[0]) / scale[1]


def unscaled(layer: Numbers, scale: tuple[Numbers, Numbers], first: int) -> Numbers:
    """Return a layer that takes the inputs from row `first` on as they are, where this one takes them scaled."""
    layer = layer.copy()
    layer[first:-1] /= scale[1][:, None]
    layer[-1] -= scale[0] @ layer[first:-1]
    return layer
