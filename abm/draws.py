"""Counter-based chance: every draw is a pure function of (seed, stream, world, step, slot).

Nothing is kept between draws, so the number of runs, the order of agents, a skipped branch or one agent more never
shift another draw, and both arms of a pair see the same world. The generator is Philox4x32-10 (Salmon, Moraes, Dror &
Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), written so that plain Python and compiled code give the
same bits: products of two 32-bit words need 64 bits, and only their low 64 bits are looked at.
"""

import difflib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from abm.rules.numbers import normal_quantile

STREAMS: Final[dict[str, int]] = {
    "demand_bloc": 1,
    "demand_firm": 2,
    "frontier_date": 3,
    "idea": 4,
    "yield": 5,
    "porting": 6,
    "leak": 7,
    "grey": 8,
    "release_delay": 9,
    "observation": 10,
    "serving_jump": 11,
    "residual": 12,
    "parameter": 13,
    "network": 14,
    "grey_path": 20,
    "random_mix": 21,
    "us_lead_noise": 30,
    "us_option": 31,
    "us_notice": 32,
    "firm_size": 40,
    "firm_kind": 41,
    "rewiring": 42,
}
"""What chance decides, with the number that stands for it in every draw. Numbers are never changed or used again."""

LARGEST_SEED: Final = 2**63 - 1

_WORD = 0xFFFFFFFF
_FIRST_FACTOR = 0xD2511F53
_SECOND_FACTOR = 0xCD9E8D57
_FIRST_WEYL = 0x9E3779B9
_SECOND_WEYL = 0xBB67AE85
_ONE_BITS = 0x3FF0000000000000
_HALF_STEP = 1.1102230246251565e-16  # 2**-53


def stream(name: str) -> int:
    """The number of a stream; a name that is not in `STREAMS` is an error."""
    if name not in STREAMS:
        nearest = difflib.get_close_matches(name, STREAMS, n=1, cutoff=0.0)[0]
        raise ValueError(f"no stream of chance is called {name!r}; did you mean {nearest!r}?")
    return STREAMS[name]


def check_seed(seed: int) -> int:
    """The seed as an int, or one clear line: seeds are whole numbers from 0 to 2**63 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed must be a whole number, not {type(seed).__name__} {seed!r}")
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"seed must lie between 0 and 2**63 - 1, not {seed}")
    return int(seed)


def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Four random 32-bit words for a counter of four and a key of two (Philox4x32-10)."""
    for _ in range(10):
        first = _FIRST_FACTOR * c0
        second = _SECOND_FACTOR * c2
        c0, c1 = ((second >> 32) & _WORD) ^ c1 ^ k0, second & _WORD
        c2, c3 = ((first >> 32) & _WORD) ^ c3 ^ k1, first & _WORD
        k0 = (k0 + _FIRST_WEYL) & _WORD
        k1 = (k1 + _SECOND_WEYL) & _WORD
    return c0, c1, c2, c3


def uniform(seed: int, stream: int, world: int, step: int, slot: int) -> float:
    """A number from the open interval (0, 1), one of 2**52 equally likely and evenly spaced ones.

    Parameters
    ----------
    seed
        The root seed, 0 to 2**63 - 1.
    stream
        What the draw decides: a number of `STREAMS`, below 2**16.
    world
        The world, shared by both arms of a pair: 0 to 2**63 - 1.
    step
        The quarter, below 2**16.
    slot
        Which of the stream's draws in that quarter (such as the firm), below 2**32.
    """
    key, number = int(np.int64(seed)), int(np.int64(world))
    counter = (int(np.int64(stream)) << 16) | int(np.int64(step))
    words = philox(
        int(np.int64(slot)), counter, number & _WORD, (number >> 32) & _WORD, key & _WORD, (key >> 32) & _WORD
    )
    bits = (words[0] << 20) | (words[1] >> 12)
    return (float(np.int64(bits | _ONE_BITS).view(np.float64)) - 1.0) + _HALF_STEP


def uniforms(seed: int, stream: int, step: int, slots: NDArray[np.int64]) -> NDArray[np.float64]:
    """`uniform` of world 0 at each of many slots, the same bits, for what is drawn once before the first quarter."""
    key, word = check_seed(seed), np.uint64(_WORD)
    counter = np.full(slots.shape, (stream << 16) | step, dtype=np.uint64)
    nothing = np.zeros(slots.shape, dtype=np.uint64)
    first, second, third, fourth = slots.astype(np.uint64) & word, counter, nothing, nothing
    k0, k1, half = key & _WORD, (key >> 32) & _WORD, np.uint64(32)
    for _ in range(10):
        one, two = np.uint64(_FIRST_FACTOR) * first, np.uint64(_SECOND_FACTOR) * third
        first, second = (two >> half) ^ second ^ np.uint64(k0), two & word
        third, fourth = (one >> half) ^ fourth ^ np.uint64(k1), one & word
        k0, k1 = (k0 + _FIRST_WEYL) & _WORD, (k1 + _SECOND_WEYL) & _WORD
    bits = (first << np.uint64(20)) | (second >> np.uint64(12))
    mantissa = np.asarray(bits | np.uint64(_ONE_BITS), dtype=np.uint64)
    return np.asarray((mantissa.view(np.float64) - 1.0) + _HALF_STEP, dtype=np.float64)


def normal(seed: int, stream: int, world: int, step: int, slot: int) -> float:
    """A standard normal number: the quantile at `uniform` of the same arguments."""
    return normal_quantile(uniform(seed, stream, world, step, slot))
