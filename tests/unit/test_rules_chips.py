"""What a chip is worth in use: worked examples by hand, limits, directions (MODEL 2, R1, R6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules.chips import (
    accounting_unit,
    denied,
    joint_stringency,
    list_price,
    merged_performance,
    quality,
    redesign_value,
    serve_performance,
    train_performance,
)

SHARE = st.floats(0.0, 1.0)
AMOUNT = st.floats(1e-3, 1e3)
W_IO, OMEGA = 0.12, 0.75

STATED_TRAIN = {
    "C002": (0.94, "A800"),
    "C003": (2.62, "H100 SXM"),
    "C004": (2.08, "H800"),
    "C005": (0.55, "H20"),
    "C007": (5.8, "B200"),
    "C026": (0.94, "Ascend 910B"),
    "C027": (2.2, "Ascend 910C"),
}
STATED_SERVE = {"C005": (1.16, "H20"), "C006": (3.0, "H200")}


def half_unit(stated: float) -> float:
    """Half a unit of the last digit that a figure states; 2.62 for 2.625 is a rounding, not another number."""
    digits = len(str(stated).split(".")[1])
    return 0.5 * 10.0**-digits * (1.0 + 1e-9)


def eight_bit_tpp(row) -> float:
    rates = [row[key] for key in ("int8_dense_tops", "fp8_dense_tflops", "bf16_dense_tflops")]
    return 8.0 * max(rate for rate in rates if isinstance(rate, int | float))


@pytest.mark.parametrize(("chip", "stated"), [(chip, value) for chip, (value, _) in STATED_TRAIN.items()])
def test_training_performance_of_the_model_text(pack, chip, stated):
    """Every q_train stated in MODEL section 2 follows from chips.csv within the rounding of the text."""
    row = pack.chips.one(id=chip)
    found = train_performance(row["bf16_dense_tflops"], row["memory_bw_tbs"], row["link_io_gbs"], W_IO)
    assert abs(found - stated) <= half_unit(stated), f"{row['chip']}: {found:.4f}, the text says {stated}"


@pytest.mark.parametrize(("chip", "stated"), [(chip, value) for chip, (value, _) in STATED_SERVE.items()])
def test_serving_performance_of_the_model_text(pack, chip, stated):
    """Both q_serve stated in MODEL section 2 follow from chips.csv within the rounding of the text (H200: 2.98)."""
    row = pack.chips.one(id=chip)
    found = serve_performance(eight_bit_tpp(row), row["memory_bw_tbs"], row["memory_gb"], OMEGA)
    assert abs(found - stated) <= half_unit(stated), f"{row['chip']}: {found:.4f}, the text says {stated}"


@pytest.mark.parametrize(("chip", "name"), [(c, n) for c, (_, n) in {**STATED_TRAIN, **STATED_SERVE}.items()])
def test_the_rows_are_the_chips_that_the_text_names(pack, chip, name):
    assert name.split()[-1].lower() in str(pack.chips.one(id=chip)["chip"]).lower() or name in str(
        pack.chips.one(id=chip)["chip"]
    )


def test_train_performance_of_an_h20_by_hand():
    # .80 x 312/148 = 1.686486; .08 x 2.04/4 = .0408; .12 x 600/900 = .08; 1/(1.686486 + .0408 + .08) = 1/1.807286
    assert train_performance(148.0, 4.0, 900.0, 0.12) == pytest.approx(1.0 / 1.8072864864864866, rel=1e-12)


def test_train_performance_of_a_cut_link_by_hand():
    # A800 against A100: only the link term grows, .12 x 600/400 = .18 for .12: 1/(1 + .06)
    assert train_performance(312.0, 2.04, 400.0, 0.12) == pytest.approx(1.0 / 1.06, rel=1e-12)


@given(st.floats(0.0, 0.9))
def test_the_a100_is_the_unit_at_every_weight_of_links(weight):
    assert train_performance(312.0, 2.04, 600.0, weight) == pytest.approx(1.0, rel=1e-12)


@given(AMOUNT, AMOUNT, AMOUNT, st.floats(0.06, 0.25), st.floats(1.001, 3.0))
def test_train_performance_rises_with_every_attribute_and_less_than_in_proportion(bf16, width, link, weight, more):
    base = train_performance(bf16, width, link, weight)
    for better in ((more * bf16, width, link), (bf16, more * width, link), (bf16, width, more * link)):
        assert base < train_performance(*better, weight) <= more * base * (1.0 + 1e-12)
    assert train_performance(more * bf16, more * width, more * link, weight) == pytest.approx(more * base, rel=1e-9)


def test_serve_performance_of_an_h20_by_hand():
    # time = .25 x 4992/2368 + .75 x 2.04/4 = .527027 + .3825 = .909527; memory (96/80)^.3 = 1.2^.3 = 1.0562202
    time = 0.25 * 4992.0 / 2368.0 + 0.75 * 2.04 / 4.0
    assert time == pytest.approx(0.909527027027027, rel=1e-12)
    assert serve_performance(2368.0, 4.0, 96.0, 0.75) == pytest.approx(1.2**0.3 / time, rel=1e-12)


@given(SHARE)
def test_the_a100_serves_as_one_at_every_weight_of_bandwidth(weight):
    assert serve_performance(4992.0, 2.04, 80.0, weight) == pytest.approx(1.0, rel=1e-12)


def test_serving_by_bandwidth_alone_ignores_arithmetic_and_the_other_way_round():
    assert serve_performance(1.0, 2.0 * 2.04, 80.0, 1.0) == pytest.approx(2.0, rel=1e-12)
    assert serve_performance(2.0 * 4992.0, 1e-3, 80.0, 0.0) == pytest.approx(2.0, rel=1e-12)


@given(AMOUNT, AMOUNT, AMOUNT, st.floats(0.5, 0.95), st.floats(1.001, 3.0))
def test_serve_performance_rises_with_every_attribute(tpp, width, memory, weight, more):
    base = serve_performance(tpp, width, memory, weight)
    assert serve_performance(more * tpp, width, memory, weight) > base
    assert serve_performance(tpp, more * width, memory, weight) > base
    assert serve_performance(tpp, width, more * memory, weight) == pytest.approx(more**0.3 * base, rel=1e-9)


def test_accounting_unit_of_three_chips_by_hand():
    # dense 8-bit TOPS over 1979: A100 624/1979, H20 296/1979, 910B 640/1979
    assert accounting_unit(4992.0) == pytest.approx(624.0 / 1979.0, rel=1e-12)
    assert accounting_unit(2368.0) == pytest.approx(296.0 / 1979.0, rel=1e-12)
    assert [round(accounting_unit(8.0 * tops), 3) for tops in (624.0, 296.0, 640.0, 1979.0)] == [
        0.315,
        0.15,
        0.323,
        1.0,
    ]
    assert accounting_unit(0.0) == 0.0


def test_quality_is_a_geometric_mean_by_hand():
    # sqrt(4 x 1) = 2; 4^.75 x 1^.25 = 2.828427
    assert quality(4.0, 1.0, 0.5) == pytest.approx(2.0, rel=1e-12)
    assert quality(4.0, 1.0, 0.75) == pytest.approx(8.0**0.5, rel=1e-12)
    assert quality(4.0, 9.0, 1.0) == pytest.approx(4.0, rel=1e-12)
    assert quality(4.0, 9.0, 0.0) == pytest.approx(9.0, rel=1e-12)


@given(AMOUNT, AMOUNT, SHARE)
def test_quality_lies_between_the_two_performances(train, serve, share):
    assert min(train, serve) * (1 - 1e-12) <= quality(train, serve, share) <= max(train, serve) * (1 + 1e-12)


def test_list_price_by_hand():
    # 16 times the A100 at an exponent of .75 costs 16^.75 = 8 times as much: 12.5 x 8 = 100
    assert list_price(16.0, 12.5, 0.75) == pytest.approx(100.0, rel=1e-12)
    assert list_price(1.0, 12.5, 0.75) == pytest.approx(12.5, rel=1e-12)


@given(AMOUNT, st.floats(0.6, 0.9), st.floats(1.01, 10.0))
def test_price_per_performance_falls_with_performance(level, exponent, more):
    cheap, dear = list_price(level, 12.5, exponent), list_price(more * level, 12.5, exponent)
    assert cheap < dear < more * cheap


def test_denied_by_hand():
    assert denied(0.5, 2.0) == pytest.approx(0.75)
    assert denied(0.0, 2.0) == 1.0
    assert denied(2.0, 2.0) == 0.0
    assert denied(3.0, 2.0) == 0.0, "a line better than the best US line is not denied by a negative share"


@given(st.floats(0.0, 10.0), st.floats(1e-3, 10.0), st.floats(0.0, 10.0))
def test_denied_is_a_share_and_falls_with_what_is_admitted(admissible, best, more):
    assert 0.0 <= denied(admissible + more, best) <= denied(admissible, best) <= 1.0


def test_joint_stringency_by_hand():
    # 1 - (1 - .5)(1 - .2) = .6
    assert joint_stringency(0.5, 0.2) == pytest.approx(0.6)
    assert joint_stringency(0.0, 0.3) == pytest.approx(0.3)
    assert joint_stringency(0.3, 0.0) == pytest.approx(0.3)


@given(SHARE, SHARE)
def test_joint_stringency_is_a_symmetric_share_no_less_than_either(chips, inputs):
    both = joint_stringency(chips, inputs)
    assert max(chips, inputs) - 1e-15 <= both <= 1.0
    assert both == pytest.approx(joint_stringency(inputs, chips), abs=1e-15)
    assert joint_stringency(chips, 1.0) == 1.0


def test_redesign_value_by_hand():
    # quality sqrt(4 x 1) = 2; price 10 x 2^.5 = 14.142136; less a quarter for duty 10.606602; less cost 3 = 7.606602;
    # half admitted = 3.803301
    value = redesign_value(4.0, 1.0, 0.5, 10.0, 0.5, 3.0, 0.5, 0.25)
    assert value == pytest.approx(0.5 * (0.75 * 10.0 * 2.0**0.5 - 3.0), rel=1e-12)
    assert value == pytest.approx(3.803301, abs=1e-6)


@given(AMOUNT, AMOUNT, SHARE, SHARE, SHARE)
def test_a_redesign_is_worth_more_the_faster_cheaper_and_freer_it_is(train, serve, share, admitted, duty):
    def value(train=train, serve=serve, cost=0.0, admitted=admitted, duty=duty):
        return redesign_value(train, serve, share, 12.5, 0.75, cost, admitted, duty)

    assert value(admitted=0.0) == 0.0
    assert value(admitted=-0.1) == 0.0
    assert value(cost=1.0) <= value()
    assert value(train=2.0 * train, serve=2.0 * serve) >= value()
    assert value(duty=duty / 2.0) >= value()
    assert value(admitted=1.0) >= value()


def test_merged_performance_by_hand():
    # 30 chips of 1 and 10 of 2.6: (30 + 26) / 40 = 1.4
    assert merged_performance(1.0, 30.0, 2.6, 10.0) == pytest.approx(1.4)
    assert merged_performance(1.0, 0.0, 2.6, 10.0) == pytest.approx(2.6)
    assert merged_performance(1.0, 0.0, 2.6, 0.0) == 0.0, "no chips, no performance"


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_merging_keeps_compute(first, chips, second, more):
    assert merged_performance(first, chips, second, more) * (chips + more) == pytest.approx(
        first * chips + second * more, rel=1e-9
    )
