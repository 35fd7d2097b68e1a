"""What a chip is worth in use, and what the law leaves of it (MODEL sections 2 and R1)."""

from __future__ import annotations

from abm.rules.numbers import TINY, exp, larger, log, smaller

A100_BF16 = 312.0
"""Dense BF16 TFLOPS of the A100 80 GB SXM, the unit of performance (chips.csv C001)."""
A100_TPP = 4992.0
A100_BANDWIDTH = 2.04
A100_LINK = 600.0
A100_MEMORY = 80.0
H100_TOPS = 1979.0
"""8-bit dense TOPS of the H100, the accounting unit of Epoch AI's H100-equivalents."""
BITS = 8.0
TRAIN_BANDWIDTH_WEIGHT = 0.08
"""Share of training time bound by memory at the A100 (MODEL section 2)."""
MEMORY_EXPONENT = 0.3
"""Serving value of memory size, larger batches and contexts (MODEL section 2)."""


def train_performance(bf16: float, bandwidth: float, link: float, link_weight: float) -> float:
    """Training performance of a chip, A100 80 GB = 1: time is shared by arithmetic, memory and links.

    `bf16` TFLOPS, `bandwidth` TB/s, `link` GB/s chip to chip. MODEL section 2; the arithmetic weight is what
    memory and links leave, so that the A100 is 1 at every `link_weight`.
    """
    arithmetic = (1.0 - TRAIN_BANDWIDTH_WEIGHT - link_weight) * A100_BF16 / bf16
    memory = TRAIN_BANDWIDTH_WEIGHT * A100_BANDWIDTH / bandwidth
    return 1.0 / (arithmetic + memory + link_weight * A100_LINK / link)


def serve_performance(tpp: float, bandwidth: float, memory: float, bandwidth_weight: float) -> float:
    """Serving performance of a chip, A100 80 GB = 1: decoding is bound by memory, prefill by arithmetic.

    `tpp` on formats of at most 8 bits, `bandwidth` TB/s, `memory` GB. MODEL section 2.
    """
    time = (1.0 - bandwidth_weight) * A100_TPP / tpp + bandwidth_weight * A100_BANDWIDTH / bandwidth
    return exp(MEMORY_EXPONENT * log(memory / A100_MEMORY)) / time


def accounting_unit(tpp: float) -> float:
    """H100-equivalents of a chip: dense 8-bit TOPS over 1979 (A100 .315, H20 .150; MODEL 2)."""
    return tpp / BITS / H100_TOPS


def quality(train: float, serve: float, training_share: float) -> float:
    """One number for a chip that is bought for both workloads: geometric mean of two performances (MODEL R6)."""
    return exp(training_share * log(train) + (1.0 - training_share) * log(serve))


def merged_performance(first: float, first_chips: float, second: float, second_chips: float) -> float:
    """Performance of two generations that are told apart no longer: their mean by chips, so that compute stays."""
    return (first * first_chips + second * second_chips) / larger(first_chips + second_chips, TINY)


def list_price(chip_quality: float, reference_price: float, price_exponent: float) -> float:
    """List price, thousand USD: rises less than in proportion to performance (MODEL R6)."""
    return reference_price * exp(price_exponent * log(chip_quality))


def denied(best_admissible: float, best_line: float) -> float:
    """Share of the best US performance that the law keeps from China, 0 to 1 (MODEL R1)."""
    return 1.0 - smaller(best_admissible / best_line, 1.0)


def joint_stringency(chips: float, inputs: float) -> float:
    """Stringency of controls on chips and on what makes chips: s = 1 − (1−s_chip)(1−s_up) (MODEL R1)."""
    return 1.0 - (1.0 - chips) * (1.0 - inputs)


def redesign_value(train: float, serve: float, training_share: float, reference_price: float,
                   price_exponent: float, unit_cost: float, admitted: float, duty: float) -> float:  # fmt: skip
    """Margin a vendor expects from a design for China, thousand USD a chip, by what customers pay for it.

    `admitted` is the share of sales that the announced rules let through; `duty` is lost to duty or a revenue
    share. A design with nothing admitted is worth nothing (MODEL R6).
    """
    price = list_price(quality(train, serve, training_share), reference_price, price_exponent)
    return larger(admitted, 0.0) * (price * (1.0 - duty) - unit_cost)
