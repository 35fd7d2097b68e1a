"""Series that every run records, quarter by quarter: name, unit, meaning. The order is the row in `World.record`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """A recorded series."""

    name: str
    unit: str
    meaning: str


SERIES = (
    Series("capability_cn", "ln FLOP", "mean effective training compute of China's top three firms"),
    Series("capability_us", "ln FLOP", "the same for the US"),
    Series("compute_cn", "thousand A100", "useful training compute installed in China"),
    Series("compute_us", "thousand A100", "the same for the US"),
    Series("compute_world", "thousand A100", "the same for all firms"),
    Series("domestic_compute_bought", "thousand A100", "useful compute of Chinese chips bought in China"),
    Series("compute_bought_cn", "thousand A100", "useful compute of all chips bought in China, with rent by wear"),
    Series("domestic_value", "USD bn", "Chinese AI firms' spending on Chinese chips"),
    Series("value_cn", "USD bn", "Chinese AI firms' spending on chips, without rent"),
    Series("domestic_packages", "thousand packages", "AI chips finished by Chinese designers"),
    Series("domestic_output", "thousand A100", "training performance of the chips finished by Chinese designers"),
    Series("ascend_packages", "thousand packages", "Ascend packages finished"),
    Series("us_vendor_revenue", "USD bn", "world chip sales of US merchant vendors"),
    Series("us_vendor_revenue_china", "USD bn", "their sales to China, without grey channels"),
    Series("us_vendor_profit", "USD bn", "their profit after R&D and overhead"),
    Series("us_vendor_rd", "USD bn", "their research and development"),
    Series("us_frontier", "A100 = 1", "training performance of the best US line"),
    Series("nvidia_revenue", "USD bn", "NVIDIA's chip sales"),
    Series("nvidia_china_flagship", "USD bn", "NVIDIA's sales of data-centre flagships to China"),
    Series("nvidia_china_residual", "USD bn", "NVIDIA's other sales in China (gaming, low tier)"),
    Series("nvidia_china_units", "thousand chips", "NVIDIA flagships delivered to China"),
    Series("nvidia_china_h100e", "thousand H100e", "the same in accounting units"),
    Series("nvidia_china_first_month", "share", "part of those chips that falls in the quarter's first month"),
    Series("amd_revenue", "USD bn", "AMD's accelerator sales"),
    Series("us_low_tier_cards", "thousand cards", "US low-tier cards sold in China"),
    Series("domestic_cards", "thousand cards", "Chinese cards sold in China, low tier included"),
    Series("smuggled_chips", "thousand chips", "frontier chips through the grey market"),
    Series("grey_premium", "share", "price premium on the grey market"),
    Series("tencent_spending", "USD bn", "Tencent's accelerator spending, without rent"),
    Series("budget_cn", "USD bn", "accelerator budgets of Chinese AI firms"),
    Series("unspent_cn", "USD bn", "budgets that found no chips"),
    Series("backlog_cn", "USD bn", "money earmarked for undelivered orders in China"),
    Series("warehouse_cn", "thousand chips", "chips stored and not deployed in China"),
    Series("stock_orders_cn", "USD bn", "orders for the warehouse"),
    Series("hazard_cn", "1/quarter", "believed cut-off probability, mean over Chinese firms weighted by plan"),
    Series("stringency", "0-1", "performance and tools denied to China"),
    Series("stringency_known", "0-1", "the same under announced rules"),
    Series("signal", "0/1", "a tightening is announced"),
    Series("algorithm_cn", "ln", "training efficiency of China's leading firm"),
    Series("algorithm_us", "ln", "the same for the US"),
    Series("research_cn", "USD bn", "research money of Chinese AI firms"),
    Series("research_us", "USD bn", "the same for the US"),
    Series("mix_efficiency_cn", "share", "research effort on efficiency, Chinese firms weighted by plan"),
    Series("mix_porting_cn", "share", "the same on porting"),
    Series("mix_full_stack_cn", "share", "the same on full-stack integration"),
    Series("porting_cann", "0-1", "software maturity of CANN, Chinese firms weighted by plan"),
    Series("served_cn", "ratio", "served over needed tokens, Chinese firms weighted by plan"),
    Series("revenue_cn", "USD bn", "AI revenue of Chinese firms"),
    Series("revenue_us", "USD bn", "AI revenue of US firms"),
    Series("tool_access", "share", "of the tools that China's advanced foundry wants that can be had, bank included"),
    Series("tool_share_domestic", "share", "of the tools bought that is domestic, etch and deposition"),
    Series("tool_spending", "USD bn", "tools bought for China's advanced lines"),
    Series("advanced_wafers", "thousand wafers", "7 nm-class capacity in China, a quarter"),
    Series("ai_wafers", "thousand wafers", "7 nm-class wafers started for AI chips"),
    Series("yield_domestic", "share", "good dies of a 666 mm2 die"),
    Series("die_bank", "thousand dies", "good dies in store at Chinese designers"),
    Series("hbm_bank", "million stacks", "HBM in store at Chinese designers"),
    Series("hbm_imports", "million stacks", "HBM bought by Chinese designers, from 2026 also made in China"),
    Series("world_capacity", "thousand packages", "advanced packaging of the world, H100 = 1"),
    Series("world_sold", "thousand packages", "packaging claimed by sales"),
    Series("world_stock", "thousand packages", "finished and unsold"),
    Series("fill_us_frontier", "share", "of the quarter's orders for NVIDIA's frontier line that was delivered"),
    Series("price_frontier", "thousand USD", "NVIDIA's frontier list price"),
    Series("price_compliance_a", "thousand USD", "price in China of NVIDIA's first line for China"),
    Series("price_compliance_b", "thousand USD", "the same for the second line"),
    Series("design_frontier", "index", "design on sale in NVIDIA's frontier line"),
    Series("design_compliance_a", "index", "design on sale in NVIDIA's first line for China, -1 for none"),
    Series("design_compliance_b", "index", "the same for the second line"),
    Series("design_amd", "index", "the same for AMD's line for China"),
    Series("nvidia_abroad_h100e", "thousand H100e", "NVIDIA chips delivered outside China in accounting units"),
    Series("toolmaker_sales", "USD bn", "sales of foreign toolmakers to China's advanced lines"),
    Series("vendor_cn_revenue", "USD bn", "chip sales of Chinese designers"),
    Series("duty", "USD bn", "duty and revenue share paid to the US treasury"),
    Series("assortativity", "-1 to 1", "preference of purchases for the own bloc's chips, by value"),
    Series("value_abroad", "USD bn", "spending on chips outside China"),
    Series("offshore_chips", "thousand chips", "chips abroad that Chinese firms rent"),
    Series("offshore_spending", "USD bn", "rent that Chinese firms pay for compute abroad"),
    Series("offshore_flow", "USD bn", "frontier chips that hosts need for growth and wear of what Chinese firms rent"),
    Series("seized_chips", "thousand chips", "smuggled chips that were seized"),
    Series("broker_rent", "USD bn", "what brokers earn on smuggled chips"),
    Series("exited_firms", "firms", "AI firms that have left the market so far"),
    Series("tools_from_us", "USD bn", "tools that US makers sold to China's advanced lines"),
    Series("tools_from_nl", "USD bn", "the same for Dutch makers"),
    Series("tools_from_jp", "USD bn", "the same for Japanese makers"),
    Series("tools_from_cn", "USD bn", "the same for Chinese makers"),
    Series("tool_bank", "USD bn", "tools bought ahead of rules and not yet in use at China's advanced lines"),
    Series("home_memory", "million stacks", "HBM that China's memory maker can make in the quarter"),
    Series("cut_down_share", "share", "Chinese packages with chips cut down to what foreign foundries may make"),
    Series("surplus_cn", "USD bn", "Chinese AI firms' budgets times the worth of their offers, ln, best US line = 0"),
    Series("surplus_us", "USD bn", "the same for US firms"),
    Series("vendor_cn_profit", "USD bn", "Chinese designers' profit after inputs, R&D and overhead"),
    Series("revenue_row", "USD bn", "AI revenue and rent of firms outside both blocs"),
    Series("readiness", "0-1", "what China's state has seen of its chip makers: supply and performance per dollar"),
    Series("subsidy", "USD bn", "subsidies that China's state pays to chip makers in answer to controls"),
    Series("mandate_state", "share", "purchases of state buyers in China that must be domestic"),
    Series("mandate_private", "share", "the same for private buyers"),
    Series("gate_state", "share", "orders of state buyers for US chips that China lets through"),
    Series("gate_private", "share", "the same for private buyers"),
    Series("counter_control", "0-1", "minerals that China keeps from foreign chip makers"),
    Series("mobilised_cn", "USD bn", "public money for Chinese AI firms"),
    Series("mobilised_us", "USD bn", "the same for US firms"),
    Series("ideas_cn", "ln", "own gain in training efficiency, Chinese firms weighted by plan"),
    Series("distilled_cn", "ln FLOP", "capability of China's top three above that of their own training"),
    Series("us_review", "0/1", "the US reviews its rules in the quarter"),
    Series("us_decision", "-1/0/1", "what it decides: 1 tightens, -1 loosens; 0 also without a review"),
    Series("us_notice", "quarters", "until the announced decision binds"),
    Series("us_threshold_ratio", "share", "admitted over best US performance by decisions, 0 under the script"),
    Series("us_tier_shift", "share", "denial of tiers that decisions in force added to the script's"),
    Series("us_lead_seen", "months", "lead that US agencies see, two quarters late and with noise"),
    Series("us_evasion_seen", "share", "of China's compute that evades the law, as they see it"),
    Series("us_lost_seen", "share", "of US vendors' revenue that rules cost them, as they see it"),
    Series("us_score", "score", "what spoke for tighter rules at the last review"),
    Series("alignment_nl", "0-1", "how far the Netherlands follow the US of their own will"),
    Series("alignment_jp", "0-1", "how far Japan follows the US of its own will"),
)  # fmt: skip
"""All recorded series."""

INDEX = {series.name: place for place, series in enumerate(SERIES)}

NAMED = {"tencent_spending": ("TENCENT",)}
"""Series about one firm of the default world; other worlds do not have them."""

FIRM_SERIES = (
    Series("firm_spending", "USD bn", "paid for chips and rented compute"),
    Series("firm_training", "thousand A100", "useful training compute installed"),
    Series("firm_capability", "ln FLOP", "effective training compute of the best run"),
    Series("firm_efficiency_share", "share", "research effort on efficiency"),
    Series("firm_porting_share", "share", "research effort on porting"),
    Series("firm_fill", "share", "of the quarter's budget that bought chips"),
)
"""Series recorded for each AI firm."""


def at(name: str) -> int:
    """Row of a series in `World.record`."""
    return INDEX[name]


def absent(name: str, needed: Sequence[str], firms: Sequence[str]) -> str:
    """What is wrong with a name that is about firms which a world lacks: one line with the cure, "" if nothing is."""
    missing = [firm for firm in needed if firm not in firms]
    cure = f"take firm_spending of one of {', '.join(firms[:3])}, ..."
    return f"{name!r} is about the firm {missing[0]}, which this world does not have; {cure}" if missing else ""
