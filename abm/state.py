"""The state of the model: one named tuple of arrays, with the run (lane) as the last axis.

Each line declares one array: dimensions, unit, meaning. Allocation, validation, ODD tables and errors read them here.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from abm.aligned import zeros

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """What one state array holds: dimension names (run last when it varies by run), unit, meaning."""

    dims: tuple[str, ...]
    unit: str
    meaning: str
    integer: bool = False


class Of(str):
    """A declaration `dims | unit | meaning` on the line of the array."""


class World(NamedTuple):
    """All arrays of a block of lanes. Shapes are named by dimension; `run` is always last."""

    # --- what is the same in every lane
    firms: Annotated[Ints, Of("firm | index | firms in the order of the world file")]
    watched: Annotated[Ints, Of("one | index | firm whose spending is a series of its own")]
    bloc: Annotated[Ints, Of("firm | index | bloc of the firm")]
    buyer_class: Annotated[Ints, Of("quarter firm | index | how export law sees the buyer")]
    side: Annotated[Ints, Of("firm | index | buyer in China (0) or abroad (1)")]
    alive: Annotated[Floats, Of("quarter firm | 0/1 | firm exists in the quarter")]
    floor_kind: Annotated[Ints, Of("firm | index | which floor the cut-off hazard has")]
    own_vendor: Annotated[Ints, Of("firm | index | vendor owned by the firm or -1")]
    state_owned: Annotated[Floats, Of("firm | 0/1 | state data centres, low utilisation")]
    plan_share: Annotated[Floats, Of("quarter firm | share | share of the bloc's planned spending")]
    plan: Annotated[Floats, Of("quarter bloc | USD bn | latent planned accelerator spending, same in all arms")]
    available: Annotated[Floats, Of("firm offer | 0/1 | who may buy an offer at all")]
    holds: Annotated[Floats, Of("firm offer | 0/1 | who may own chips of an offer, as a buyer or from 2020")]
    stack_vendor: Annotated[Ints, Of("firm | index | vendor whose line the firm makes its own stack, or -1")]
    neighbour: Annotated[Ints, Of("firm link | index | firms whose know-how and mix of research a firm sees")]
    open_weights: Annotated[Floats, Of("firm | 0/1 | publishes its weights")]
    lets: Annotated[Floats, Of("firm | share | of its frontier chips that a host offers to Chinese tenants")]
    offer_vendor: Annotated[Ints, Of("offer | index | vendor of the offer")]
    offer_kind: Annotated[Ints, Of("offer | index | kind of offer")]
    offer_nest: Annotated[Ints, Of("offer | index | nest of the choice model")]
    offer_ecosystem: Annotated[Ints, Of("offer | index | software ecosystem")]
    vendor_us: Annotated[Floats, Of("vendor | 0/1 | merchant or captive US vendor")]
    vendor_merchant: Annotated[Floats, Of("vendor | 0/1 | US vendor that sells to others")]
    vendor_reference: Annotated[Floats, Of("quarter vendor | USD bn | revenue path that R&D requirements refer to")]
    vendor_line: Annotated[Ints, Of("vendor | index | main offer of the vendor")]
    diverts: Annotated[Floats, Of("vendor | 0/1 | can be served by foundry intermediaries")]
    roadmap: Annotated[Ints, Of("offer generation | index | design of each generation, -1 after the last")]
    roadmap_length: Annotated[Ints, Of("offer | count | generations on the published road map")]
    roadmap_quarter: Annotated[Ints, Of("offer generation | quarter | first sale")]
    spec_bf16: Annotated[Floats, Of("design | TFLOPS | dense BF16")]
    spec_tpp: Annotated[Floats, Of("design | TPP | total processing performance on formats of at most 8 bits")]
    spec_bandwidth: Annotated[Floats, Of("design | TB/s | memory bandwidth")]
    spec_link: Annotated[Floats, Of("design | GB/s | chip-to-chip links")]
    spec_memory: Annotated[Floats, Of("design | GB | memory")]
    spec_area: Annotated[Floats, Of("design | mm2 | die area of the package")]
    spec_stacks: Annotated[Floats, Of("design | count | HBM stacks")]
    spec_dies: Annotated[Floats, Of("design | count | compute dies per package")]
    spec_power: Annotated[Floats, Of("design | kW | board power")]
    spec_cost: Annotated[Floats, Of("design | thousand USD | unit cost as bought in")]
    spec_packaging: Annotated[Floats, Of("design | H100 = 1 | claim on world advanced packaging")]
    spec_vendor: Annotated[Ints, Of("design | index | vendor")]
    spec_family: Annotated[Ints, Of("design | index | die family")]
    spec_from: Annotated[Ints, Of("design | quarter | first quarter in which the masks exist in volume")]
    spec_fuse: Annotated[Floats, Of("design | 0/1 | differs from a shipping chip by fuses or firmware only")]
    foundry_plan: Annotated[Floats, Of("quarter | 2024Q1 = 1 | capacity that China's 7 nm-class foundry plans")]
    node_role: Annotated[Ints, Of("node | index | what the supply node does")]
    node_chinese: Annotated[Floats, Of("node | 0/1 | stands in China")]
    node_share: Annotated[Floats, Of("node | share | its part in what its role sells")]
    line_node: Annotated[Ints, Of("line | index | supply node that runs the line")]
    tool_share: Annotated[Floats, Of("line maker tool | share | of a class of tools by country of the maker, 2020Q1")]
    tool_weight: Annotated[Floats, Of("line tool | share | of the class in the line's tools")]
    maker_part: Annotated[Floats, Of("node line tool | share | of its country's sales of the class to the line")]
    tool_source: Annotated[Floats, Of("node customer | share | of a customer's tools that the node sells, no denial")]
    # --- law by arm (the first axis is the arm of the comparison)
    law_open: Annotated[Floats, Of("arm quarter design class | share | deliverable share of the quarter")]
    law_announced: Annotated[Floats, Of("arm quarter design class | share | the same under rules known at its end")]
    law_duty: Annotated[Floats, Of("arm quarter design | share | import duty on the way to China")]
    law_share: Annotated[Floats, Of("arm quarter design | share | revenue share to the US treasury")]
    law_cap: Annotated[Floats, Of("arm quarter design | share | China sales over US sales of the product, at most")]
    law_gate: Annotated[Floats, Of("arm quarter class | share | China's own import gate")]
    law_gate_announced: Annotated[Floats, Of("arm quarter class | share | the same, known at its end")]
    law_mandate: Annotated[Floats, Of("arm quarter class | share | purchases that must be domestic")]
    law_tools: Annotated[Floats, Of("arm quarter jurisdiction tool | share | denied tool sales")]
    law_service: Annotated[Floats, Of("arm quarter | share | denied service of installed tools")]
    law_hbm: Annotated[Floats, Of("arm quarter | share | HBM that may be imported")]
    law_tools_announced: Annotated[Floats, Of("arm quarter jurisdiction tool | share | the same, known at its end")]
    law_eda: Annotated[Floats, Of("arm quarter | share | design software that US makers may not sell to China")]
    law_hbm_announced: Annotated[Floats, Of("arm quarter | share | the same, rules known at its end")]
    law_foundry: Annotated[Floats, Of("arm quarter design | share | foreign foundry may make the design")]
    law_foundry_announced: Annotated[Floats, Of("arm quarter design | share | the same, known at its end")]
    law_foundry_candidate: Annotated[Ints, Of("arm quarter foundry_choice | index | undominated, it may make them")]
    law_foundry_news: Annotated[Floats, Of("arm quarter vendor | 0/1 | access of its chips moved, or one arrived")]
    law_diversion: Annotated[Floats, Of("arm quarter | share | foundry intermediaries not yet closed")]
    law_candidate: Annotated[Ints, Of("arm quarter choice | index | undominated admissible designs, announced rules")]
    law_news: Annotated[Floats, Of("arm quarter | 0/1 | admissible designs or what is announced about them changed")]
    law_relative: Annotated[Floats, Of("arm quarter | 0/1 | thresholds grow with the best US line")]
    law_slide: Annotated[Floats, Of("arm quarter | 1/TPP | factor on free designs per TPP of the best US line, or 0")]
    law_cloud: Annotated[Floats, Of("arm quarter | share | rented compute abroad that Chinese firms may not use")]
    law_cloud_announced: Annotated[Floats, Of("arm quarter | share | the same, known at its end")]
    # --- lanes
    arm: Annotated[Ints, Of("run | index | arm of the comparison")]
    world_id: Annotated[Ints, Of("run | index | world (point x replications + replication)")]
    seed: Annotated[Ints, Of("one | index | root seed")]
    parameter: Annotated[Floats, Of("parameter run | own unit | one row per parameter of parameters.toml")]
    switch: Annotated[Floats, Of("switch run | 0/1 | mechanism is on")]
    learning_rule: Annotated[Ints, Of("run | index | how firms choose their mix of research")]
    # --- chance
    demand_bloc: Annotated[Floats, Of("bloc run | ln | demand shock of the bloc, AR(1)")]
    demand_firm: Annotated[Floats, Of("firm run | ln | demand shock of the firm, AR(1)")]
    idea: Annotated[Floats, Of("firm run | ln | luck of the firm's research")]
    residual: Annotated[Floats, Of("run | USD bn | NVIDIA's other sales in China, AR(1)")]
    yield_luck: Annotated[Floats, Of("run | factor | luck of the domestic foundry with defects")]
    grey_luck: Annotated[Floats, Of("run | factor | luck of the grey market with detection")]
    path_caught: Annotated[Floats, Of("path run | 0/1 | smuggling path found out this quarter")]
    path_open: Annotated[Floats, Of("path run | 0/1 | path in use: not found out last quarter")]
    porting_luck: Annotated[Floats, Of("firm run | factor | luck of the firm's porting work")]
    jump: Annotated[Floats, Of("run | factor | level of serving demand after jumps")]
    # --- regulators and beliefs
    legal: Annotated[Floats, Of("offer class run | share | deliverable share of the offer this quarter")]
    legal_next: Annotated[Floats, Of("offer class run | share | the same under announced rules")]
    stringency: Annotated[Floats, Of("run | 0-1 | performance and tools denied to China, rules in force")]
    stringency_known: Annotated[Floats, Of("run | 0-1 | the same with announced rules")]
    stringency_smooth: Annotated[Floats, Of("run | 0-1 | exponentially weighted stringency")]
    relative: Annotated[
        Floats, Of("run | factor | licence-free designs over their table values, by sliding thresholds")
    ]
    best_tpp: Annotated[Floats, Of("run | TPP | of the best US line, last quarter")]
    cut: Annotated[Floats, Of("run | 0/1 | stringency rose this quarter")]
    signal: Annotated[Floats, Of("run | 0/1 | a rise is announced")]
    start_capability: Annotated[Floats, Of("bloc run | ln FLOP | effective compute of the bloc's top three, 2020Q1")]
    inputs_cut: Annotated[Floats, Of("run | 0/1 | denial of tools or memory rose this quarter")]
    inputs_signal: Annotated[Floats, Of("run | 0/1 | such a rise is announced")]
    hazard_start: Annotated[Floats, Of("firm run | 1/quarter | hazard in 2020Q1")]
    plan_factor: Annotated[Floats, Of("quarter bloc run | factor | uncertainty about the bloc's plan")]
    hazard: Annotated[Floats, Of("firm run | 1/quarter | believed probability of being cut off")]
    vendor_hazard: Annotated[Floats, Of("vendor run | 1/quarter | the same for a chip vendor's inputs")]
    # --- offers
    train_of: Annotated[Floats, Of("design run | A100 = 1 | training performance of each design")]
    serve_of: Annotated[Floats, Of("design run | A100 = 1 | serving performance of each design")]
    design: Annotated[Ints, Of("offer run | index | design on sale, -1 before the first")]
    scale: Annotated[Floats, Of("offer run | factor | performance over the design's table values")]
    performance: Annotated[Floats, Of("offer workload run | A100 = 1 | hardware performance")]
    accounting: Annotated[Floats, Of("offer run | H100e | 8-bit accounting unit")]
    price: Annotated[Floats, Of("offer run | thousand USD | list price")]
    price_china: Annotated[Floats, Of("offer run | thousand USD | price to Chinese buyers before duty")]
    paying: Annotated[Floats, Of("side offer run | thousand USD | what buyers in China (0) and abroad (1) pay")]
    chips_per_bn: Annotated[Floats, Of("side offer run | thousand chips per USD bn | what a billion buys")]
    owning: Annotated[Floats, Of("side offer run | thousand USD | cost of ownership of one chip")]
    reference: Annotated[Floats, Of("side workload run | 1/thousand USD | performance per cost of the best US line")]
    packaging: Annotated[Floats, Of("offer run | H100 = 1 | claim of one chip on world advanced packaging")]
    unit_cost: Annotated[Floats, Of("offer run | thousand USD | cost of one package")]
    redesign_wait: Annotated[Floats, Of("offer run | quarters | until the redesign ships, 0 if none is in work")]
    opening: Annotated[Floats, Of("offer run | share | of the quarter in which a line is on sale")]
    redesign_target: Annotated[Ints, Of("offer run | index | design in work")]
    cap_room: Annotated[Floats, Of("offer run | thousand chips | China sales left under a volume cap")]
    grey_premium: Annotated[Floats, Of("run | share | premium on the grey market")]
    seized_share: Annotated[Floats, Of("run | share | of smuggled chips that is seized this quarter")]
    expected: Annotated[Floats, Of("offer run | share | of orders that firms expect to be filled in scarce channels")]
    diverted_now: Annotated[Floats, Of("offer run | thousand chips | taken by brokers in this pass")]
    third_wanted: Annotated[Floats, Of("run | thousand chips | frontier orders of the rest of the world in this pass")]
    third_left: Annotated[Floats, Of("run | share | of its fill that brokers leave to the rest of the world")]
    seized: Annotated[Floats, Of("run | thousand chips | smuggled chips seized this quarter")]
    supply: Annotated[Floats, Of("offer run | thousand chips | left to deliver this quarter")]
    wanted: Annotated[Floats, Of("offer run | thousand chips | ordered in this round")]
    fill: Annotated[Floats, Of("offer run | share | of this round's orders that is filled")]
    asked: Annotated[Floats, Of("offer run | thousand chips | orders of the quarter, first round and backlog")]
    sold_china: Annotated[Floats, Of("offer run | thousand chips | delivered to Chinese firms")]
    sold_abroad: Annotated[Floats, Of("offer run | thousand chips | delivered to other firms")]
    us_sales: Annotated[Floats, Of("vendor run | thousand chips | frontier chips sold in the US, last quarter")]
    us_now: Annotated[Floats, Of("vendor run | thousand chips | the same, this quarter")]
    stacks_foreign: Annotated[Floats, Of("run | share | of the HBM they got that came from abroad")]
    us_units_china: Annotated[Floats, Of("run | thousand chips | US chips delivered to China, last quarter")]
    home_orders: Annotated[Floats, Of("run | thousand chips | orders for Chinese designers' main lines, averaged")]
    self_reliance: Annotated[Floats, Of("run | share | domestic share of effective compute bought, last quarter")]
    stock: Annotated[Floats, Of("offer run | thousand chips | finished and unsold at the vendor")]
    row_sales: Annotated[Floats, Of("run | thousand chips | NVIDIA frontier chips sold outside the US and China")]
    rentable: Annotated[Floats, Of("run | thousand chips | that tenants from China can have this quarter")]
    tenant_capacity: Annotated[Floats, Of("run | thousand chips | that hosts keep for tenants from China")]
    lendable_all: Annotated[Floats, Of("run | thousand chips | offered by all hosts")]
    scrapped: Annotated[Floats, Of("offer run | thousand chips | written off this quarter")]
    # --- vendors
    generation: Annotated[Ints, Of("offer run | index | current generation, -1 before the first")]
    next_step: Annotated[Floats, Of("offer run | quarter | date of the next generation")]
    technology: Annotated[Floats, Of("vendor run | ln | performance of the next generation over its plan")]
    technology_due: Annotated[Floats, Of("vendor run | ln | the same at reference R&D")]
    vendor_cash: Annotated[Floats, Of("vendor run | USD bn | cash")]
    vendor_debt: Annotated[Floats, Of("vendor run | USD bn | credit drawn instead of equity")]
    vendor_revenue: Annotated[Floats, Of("vendor run | USD bn | chip sales of the quarter")]
    vendor_revenue_china: Annotated[Floats, Of("vendor run | USD bn | chip sales to China")]
    vendor_profit: Annotated[Floats, Of("vendor run | USD bn | sales less inputs, R&D, overhead, shares")]
    vendor_rd: Annotated[Floats, Of("vendor run | USD bn | research and development")]
    vendor_smooth: Annotated[Floats, Of("vendor run | USD bn | revenue averaged over four quarters")]
    orders_smooth: Annotated[Floats, Of("vendor run | thousand chips | orders averaged over two quarters")]
    made: Annotated[Floats, Of("vendor run | thousand packages | finished this quarter")]
    die_bank: Annotated[Floats, Of("vendor run | thousand dies | good dies in store")]
    hbm_bank: Annotated[Floats, Of("vendor run | million stacks | HBM in store")]
    dies_coming: Annotated[Floats, Of("vendor ring run | thousand dies | good dies by quarter of arrival")]
    dies_before: Annotated[Floats, Of("vendor run | thousand dies | bank at the start of the quarter")]
    hbm_before: Annotated[Floats, Of("vendor run | million stacks | bank at the start of the quarter")]
    dies_used: Annotated[Floats, Of("vendor run | thousand dies | packaged or lost in packaging")]
    dies_arrived: Annotated[Floats, Of("vendor run | thousand dies | into the bank this quarter")]
    hbm_used: Annotated[Floats, Of("vendor run | million stacks | packaged or lost in packaging")]
    hbm_arrived: Annotated[Floats, Of("vendor run | million stacks | into the bank this quarter")]
    wafers: Annotated[Floats, Of("vendor run | thousand wafers | started at the domestic foundry this quarter")]
    foreign_wafers: Annotated[Floats, Of("vendor run | thousand dies | good dies bought from foreign foundries")]
    billed: Annotated[Floats, Of("vendor run | USD bn | inputs paid in the last settlement")]
    input_cost: Annotated[Floats, Of("vendor run | USD bn | wafers, HBM and packaging bought this quarter")]
    # --- supply nodes
    node_capacity: Annotated[Floats, Of("node run | own unit | what it can make in a quarter")]
    node_coming: Annotated[Floats, Of("node ring run | ln | growth of capacity by quarter of arrival")]
    node_orders: Annotated[Floats, Of("node run | own unit | ordered in the last quarter that it has seen")]
    node_backlog: Annotated[Floats, Of("node run | own unit | of these orders not delivered")]
    node_made: Annotated[Floats, Of("node run | own unit | made this quarter")]
    node_before: Annotated[Floats, Of("node run | own unit | unsold at the start of the quarter")]
    node_stock: Annotated[Floats, Of("node run | own unit | made and unsold")]
    node_used: Annotated[Floats, Of("node run | own unit | taken by customers this quarter")]
    node_tools: Annotated[Floats, Of("node run | USD bn | tools in use, worn")]
    node_bought: Annotated[Floats, Of("node run | USD bn | tools bought this quarter")]
    node_sales: Annotated[Floats, Of("node run | USD bn | sales of the quarter")]
    node_cash: Annotated[Floats, Of("node run | USD bn | cash")]
    node_credit: Annotated[Floats, Of("node run | USD bn | debt")]
    world_orders: Annotated[Floats, Of("run | thousand packages | packaging that last quarter's orders need")]
    world_stock: Annotated[Floats, Of("run | thousand packages | finished and unsold, H100 = 1")]
    world_made: Annotated[Floats, Of("run | thousand packages | finished this quarter")]
    stock_before: Annotated[Floats, Of("run | thousand packages | unsold at the start of the quarter")]
    packaging_scrapped: Annotated[Floats, Of("run | thousand packages | written off this quarter")]
    world_left: Annotated[Floats, Of("run | thousand packages | left for further orders this quarter")]
    world_sold: Annotated[Floats, Of("run | thousand packages | claimed by sales this quarter")]
    tools_coming: Annotated[Floats, Of("line ring run | USD bn | tools by quarter of first use")]
    tools_wanted: Annotated[Floats, Of("line run | USD bn | tools ordered for use this quarter")]
    tools_need: Annotated[Floats, Of("line run | USD bn | tools that a quarter of the coming year needs")]
    tool_access: Annotated[Floats, Of("line run | share | of wanted tools that can be had, bank included")]
    tool_bank: Annotated[Floats, Of("line tool run | USD bn | tools bought ahead of a rule and not yet in use")]
    bank_before: Annotated[Floats, Of("line tool run | USD bn | bank at the start of the quarter")]
    tools_placed: Annotated[Floats, Of("line tool run | USD bn | tools put to use this quarter")]
    tools_stored: Annotated[Floats, Of("line tool run | USD bn | tools bought for the bank this quarter")]
    tools_sold: Annotated[Floats, Of("line maker tool run | USD bn | tools sold to the line by makers of a country")]
    tool_hazard: Annotated[Floats, Of("run | 1/quarter | believed probability that fabs lose further tools")]
    tools_cut: Annotated[Floats, Of("run | 0/1 | denial of tools rose this quarter")]
    tools_signal: Annotated[Floats, Of("run | 0/1 | such a rise is announced")]
    experience: Annotated[Floats, Of("run | thousand wafers | cumulated 7 nm-class AI wafers, own line")]
    experience_reference: Annotated[Floats, Of("run | thousand wafers | experience to which the yield of 2024 refers")]
    home_fill: Annotated[Floats, Of("run | share | of the wafers asked of the domestic foundry that it started")]
    yield_domestic: Annotated[Floats, Of("run | share | good dies of a 666 mm2 die")]
    # --- AI firms
    budget: Annotated[Floats, Of("firm run | USD bn | accelerator budget of the quarter")]
    plan_now: Annotated[Floats, Of("firm run | share | of the bloc's plan, those of exited firms shared out")]
    exited: Annotated[Floats, Of("firm run | 0/1 | has left the market")]
    losing: Annotated[Floats, Of("firm run | quarters | in a row without cash, credit and a margin over running cost")]
    leaving: Annotated[Floats, Of("firm run | 0/1 | leaves this quarter")]
    inherits: Annotated[Floats, Of("firm run | share | of what firms that leave its bloc this quarter give up")]
    book: Annotated[Floats, Of("firm run | USD bn | own chips at cost less depreciation")]
    acquired: Annotated[Floats, Of("firm offer run | thousand chips | bought from exited firms less sold on exit")]
    lendable: Annotated[Floats, Of("firm run | thousand chips | offered to tenants from China")]
    lent: Annotated[Floats, Of("firm run | thousand chips | used by tenants from China")]
    rent: Annotated[Floats, Of("firm run | USD bn | earned from tenants")]
    replaced: Annotated[Floats, Of("firm run | USD bn | part of the rent that pays for new chips")]
    cash: Annotated[Floats, Of("firm run | USD bn | cash of the AI unit")]
    free_cash: Annotated[Floats, Of("firm run | USD bn | cash that neither waits nor is earmarked")]
    credit: Annotated[Floats, Of("firm run | USD bn | debt that financed stock")]
    waiting: Annotated[Floats, Of("firm run | USD bn | money that waits for the next quarter")]
    backlog: Annotated[Floats, Of("firm offer run | USD bn | money earmarked for undelivered orders")]
    wallet: Annotated[Floats, Of("firm workload run | USD bn | money not yet placed")]
    stock_money: Annotated[Floats, Of("firm run | USD bn | orders for the warehouse, not yet placed")]
    stock_weight: Annotated[Floats, Of("firm offer run | share | split of the orders for the warehouse")]
    value: Annotated[Floats, Of("offer run | utils | value to the firm that is choosing (scratch)")]
    needed: Annotated[Floats, Of("offer run | thousand packages | packaging for a pass's orders (scratch)")]
    claim: Annotated[Floats, Of("offer run | weight | claim on scarce packaging (scratch)")]
    used: Annotated[Floats, Of("run | share | of performance that software reaches (scratch)")]
    leader_money: Annotated[Floats, Of("run | USD bn | research money of a leading US lab's plan")]
    leader_compute: Annotated[Floats, Of("run | thousand A100 | training compute that plan would have bought")]
    best: Annotated[Floats, Of("run | any | scratch")]
    worst: Annotated[Floats, Of("run | relative | worst violation of the law in question (scratch)")]
    total: Annotated[Floats, Of("run | any | scratch")]
    sum_us: Annotated[Floats, Of("run | any | scratch")]
    sum_home: Annotated[Floats, Of("run | any | scratch")]
    weight: Annotated[Floats, Of("firm offer workload run | share | choice probabilities")]
    orders: Annotated[Floats, Of("firm offer purpose run | USD bn | orders of the round")]
    delivered: Annotated[Floats, Of("firm offer purpose run | thousand chips | delivered this quarter")]
    shipped: Annotated[Floats, Of("bloc offer run | thousand chips | delivered in this pass, by destination")]
    room: Annotated[Floats, Of("firm run | USD bn | chips that data halls can take this quarter")]
    arrived: Annotated[Floats, Of("firm run | USD bn | chips delivered for use this quarter")]
    deployed: Annotated[Floats, Of("firm offer workload run | thousand chips | in data halls")]
    warehouse: Annotated[Floats, Of("firm offer run | thousand chips | bought, not deployed")]
    fresh: Annotated[Floats, Of("offer run | 0/1 | a generation or redesign came on the line this quarter")]
    slot_deployed: Annotated[Floats, Of("firm offer slot run | thousand chips | in halls by generation, oldest first")]
    slot_stored: Annotated[Floats, Of("firm offer slot run | thousand chips | in the warehouse, oldest first")]
    slot_performance: Annotated[Floats, Of("offer slot workload run | A100 = 1 | of the line's generations")]
    slot_frontier: Annotated[Floats, Of("offer slot run | quarters | progress from A100 to the best US line then")]
    oldest_performance: Annotated[Floats, Of("firm offer workload run | A100 = 1 | mean of the firm's oldest slot")]
    chips_before: Annotated[Floats, Of("firm offer run | thousand chips | deployed and stored before the quarter")]
    retired: Annotated[Floats, Of("firm offer run | thousand chips | retired this quarter")]
    mean_performance: Annotated[Floats, Of("firm offer workload run | A100 = 1 | mean over the firm's chips in halls")]
    need: Annotated[Floats, Of("firm run | thousand chips | US chips bought a quarter, averaged")]
    spent: Annotated[Floats, Of("firm run | USD bn | paid for chips, duty and rent this quarter")]
    halls: Annotated[Floats, Of("firm run | USD bn | servers, halls and power paid this quarter")]
    borrowed: Annotated[Floats, Of("firm run | USD bn | credit drawn less repaid this quarter")]
    unspent: Annotated[Floats, Of("firm run | USD bn | budget that found no chips")]
    research_money: Annotated[Floats, Of("firm run | USD bn | research spending of the quarter")]
    revenue: Annotated[Floats, Of("firm run | USD bn | AI revenue of the quarter")]
    revenue_smooth: Annotated[Floats, Of("firm run | USD bn | AI revenue averaged over four quarters")]
    revenue_base: Annotated[Floats, Of("firm run | USD bn | AI revenue expected at reference")]
    diverted: Annotated[Floats, Of("firm run | USD bn | research paid with money that found no chips")]
    equity: Annotated[Floats, Of("firm run | USD bn | paid in by owners less paid out")]
    reference_compute: Annotated[Floats, Of("firm run | thousand A100 | what planned money would have bought")]
    run_compute: Annotated[Floats, Of("firm run | thousand A100 | compute of the largest training run")]
    training: Annotated[Floats, Of("firm run | thousand A100 | useful training compute installed")]
    serving: Annotated[Floats, Of("firm run | thousand A100 | useful serving compute installed")]
    served: Annotated[Floats, Of("firm run | ratio | served over needed tokens")]
    algorithm: Annotated[Floats, Of("firm workload run | ln | algorithmic efficiency")]
    algorithm_before: Annotated[Floats, Of("firm run | ln | training efficiency of the last quarter")]
    capability: Annotated[Floats, Of("firm run | ln | best effective training compute so far")]
    porting: Annotated[Floats, Of("firm ecosystem run | 0-1 | software maturity against CUDA")]
    porting_before: Annotated[Floats, Of("firm ecosystem run | 0-1 | the same last quarter")]
    integration: Annotated[Floats, Of("firm run | 0-1 | full-stack integration")]
    own_plan: Annotated[Floats, Of("firm run | thousand chips | a quarter that its own stack is to supply")]
    leads: Annotated[Floats, Of("firm run | 0/1 | among the three most capable firms of its bloc")]
    leader_open: Annotated[Floats, Of("bloc run | ln | best algorithms of the bloc's leaders with open weights")]
    leader_closed: Annotated[Floats, Of("bloc run | ln | the same for closed models")]
    attraction: Annotated[Floats, Of("firm research run | score | EWA attractions")]
    mix: Annotated[Floats, Of("firm research run | share | research effort")]
    mix_before: Annotated[Floats, Of("firm research run | share | the same last quarter")]
    payoff: Annotated[Floats, Of("firm research run | ln | marginal gain in capability")]
    # --- accounts and records
    flows: Annotated[Floats, Of("flow sector run | USD bn | money matrix of the quarter")]
    cash_before: Annotated[Floats, Of("sector run | USD bn | cash at the start of the quarter")]
    failed_quarter: Annotated[Ints, Of("run | quarter | first broken law, -1 if none")]
    failed_law: Annotated[Ints, Of("run | index | which law")]
    record: Annotated[Floats, Of("series quarter run | own unit | what a statistician would have seen")]
    firm_record: Annotated[Floats, Of("firm_series quarter firm run | own unit | the same by firm")]


def _read_fields() -> dict[str, Field]:
    found = {}
    for name, hint in get_type_hints(World, include_extras=True).items():
        dims, unit, meaning = (part.strip() for part in hint.__metadata__[0].split("|", 2))
        found[name] = Field(tuple(dims.split()), unit, meaning, hint.__origin__ == Ints)
    return found


FIELDS = _read_fields()
"""Declaration of each array of `World`, in order."""


def allocate(sizes: dict[str, int], given: dict[str, Floats | Ints], fields: Mapping[str, Field] = FIELDS) -> World:
    """A world of zeros with the arrays in `given` in place.

    Parameters
    ----------
    sizes : length of each dimension named in `fields`.
    given : arrays that are already known, by field name.
    fields : declarations, `FIELDS` first; those of added kinds of agents may follow.

    Raises
    ------
    ValueError
        If a given array is unknown or its shape or type differs from its declaration.
    """
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise ValueError(f"state: unknown arrays {unknown}")
    arrays: list[Any] = []
    for name, field in fields.items():
        array = zeros(tuple(sizes[dim] for dim in field.dims), field.integer)
        if name in given:
            known = given[name]
            if known.shape != array.shape or known.dtype != array.dtype:
                found, expected = f"{known.shape} {known.dtype}", f"{array.shape} {array.dtype}"
                raise ValueError(f"state: {name} has shape {found}, expected {expected}")
            array[...] = known
        arrays.append(array)
    return world_class(tuple(fields))(*arrays)


@lru_cache(maxsize=16)
def world_class(names: tuple[str, ...]) -> type[World]:
    """`World`, or a named tuple like it with further arrays behind its own."""
    if names == World._fields:
        return World
    return cast("type[World]", namedtuple("World", names))
