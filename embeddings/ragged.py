"""Groups of different sizes, end to end: the members of group i are `values[starts[i]:starts[i + 1]]`."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def starts_of(sizes: npt.ArrayLike) -> Ints:
    """Return where each group begins, and last where all end. Shape (groups + 1,)."""
    counted = np.asarray(sizes, np.int64)
    starts = np.zeros(len(counted) + 1, np.int64)
    np.cumsum(counted, out=starts[1:])
    return starts


def within(sizes: Ints) -> Ints:
    """Return 0, 1, … within each of the groups of these sizes. Shape (members,)."""
    starts = np.cumsum(sizes) - sizes
    return np.arange(sizes.sum()) - np.repeat(starts, sizes)


def gather(starts: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """Return the places of the members of the chosen groups, end to end, and where each group begins among them."""
    sizes = starts[groups + 1] - starts[groups]  # (groups,)
    bounds = starts_of(sizes)  # (groups + 1,)
    return np.repeat(starts[groups] - bounds[:-1], sizes) + np.arange(bounds[-1]), bounds
