"""Chance of the calibration algorithms: one generator for each step, seeded by the root seed and the step's name."""

from __future__ import annotations

import hashlib

from numpy.random import PCG64, Generator

__all__ = ["Generator", "generator", "seed_of"]


def seed_of(seed: int, *labels: str | int) -> int:
    """Seed of a step: a hash of the root seed and the step's labels, so that no step shares chance with another."""
    text = "|".join(str(part) for part in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "little")


def generator(seed: int, *labels: str | int) -> Generator:
    """Generator of a step; the same labels give the same draws, whatever ran before."""
    return Generator(PCG64(seed_of(seed, *labels)))
