"""Names and index positions that every part of the model shares (MODEL section 2)."""

from __future__ import annotations

QUARTERS = 52
"""Quarterly steps 2020Q1 (0) to 2032Q4 (51)."""

BLOCS = ("CN", "US", "ROW")
CN, US, ROW = range(3)

BUYER_CLASSES = ("private", "listed", "state", "foreign")
PRIVATE, LISTED, STATE, FOREIGN = range(4)

PURPOSES = ("train", "serve", "stock")
TRAIN, SERVE, STOCK = range(3)
WORKLOADS = ("train", "serve")

RESEARCH = ("efficiency", "porting", "full_stack")
EFFICIENCY, PORTING, FULL_STACK = range(3)

ECOSYSTEMS = ("CUDA", "ROCM", "CANN", "CN_OTHER", "OWN")
CUDA, ROCM, CANN, CN_OTHER, OWN = range(5)

OFFER_KINDS = ("frontier", "compliance", "custom", "low_tier", "grey", "domestic", "rental")
FRONTIER, COMPLIANCE, CUSTOM, LOW_TIER, GREY, DOMESTIC, RENTAL = range(7)

GREY_PATHS = ("SG", "MY", "HK")
"""Third countries through which chips are smuggled (firms.csv GREYMKT)."""

NESTS = ("us", "domestic")
US_NEST, DOMESTIC_NEST = range(2)

JURISDICTIONS = ("US", "NL", "JP")
TOOL_CLASSES = ("litho", "etch_dep", "metrology")
LITHO, ETCH_DEP, METROLOGY = range(3)

HAZARD_FLOORS = ("other", "listed", "huawei")

TOOL_MAKERS = ("US", "NL", "JP", "CN")
"""Countries of toolmakers: the three that deny tools, then China, in the order of the first roles."""

ROLES = (
    "tools_us", "tools_nl", "tools_jp", "tools_cn", "design", "foundry_world", "foundry_cn", "memory_world",
    "memory_cn", "packaging_world", "packaging_cn", "materials",
)  # fmt: skip
"""What a supply node does, from upstream to downstream."""
(
    TOOLS_US, TOOLS_NL, TOOLS_JP, TOOLS_CN, DESIGN, FOUNDRY_WORLD, FOUNDRY_CN, MEMORY_WORLD,
    MEMORY_CN, PACKAGING_WORLD, PACKAGING_CN, MATERIALS,
) = range(12)  # fmt: skip

LINES = ("foundry_cn", "memory_cn")
"""Chinese lines that tool rules aim at."""
FOUNDRY_LINE, MEMORY_LINE = range(2)

SECTORS = ("ai_cn", "ai_other", "vendors_us", "vendors_cn", "nodes", "brokers", "gov_us", "gov_cn", "outside")
AI_CN, AI_OTHER, VENDORS_US, VENDORS_CN, NODES, BROKERS, GOV_US, GOV_CN, OUTSIDE = range(9)

FLOWS = (
    "ai_revenue", "equity", "us_chips", "chinese_chips", "grey_chips", "duty_and_share",
    "inputs", "tools", "rd_opex_halls", "credit_and_interest", "tax_and_bonds", "vendor_equity", "offshore_rental",
    "entry_and_exit", "subsidy", "mobilisation",
)  # fmt: skip
(
    AI_REVENUE, EQUITY, US_CHIPS, CHINESE_CHIPS, GREY_CHIPS, DUTY_AND_SHARE,
    INPUTS, TOOLS, RD_OPEX_HALLS, CREDIT_AND_INTEREST, TAX_AND_BONDS, VENDOR_EQUITY, OFFSHORE_RENTAL,
    ENTRY_AND_EXIT, SUBSIDY, MOBILISATION,
) = range(16)  # fmt: skip

SWITCHES = (
    "stockpiling", "efficiency", "porting", "full_stack", "learning_by_doing", "knowledge_spillovers",
    "imitation", "us_rd_from_revenue", "grey_market", "shortage_to_research", "redesign", "waiting",
    "offshore", "exit", "network_effects", "hazard", "subsidy", "mandate", "import_gate", "counter_controls",
    "mobilisation", "distillation", "us_rule", "ally_alignment",
)  # fmt: skip
"""Mechanisms that a scenario can switch off; data, never recompilation."""
(
    SW_STOCKPILING, SW_EFFICIENCY, SW_PORTING, SW_FULL_STACK, SW_LEARNING, SW_SPILLOVERS,
    SW_IMITATION, SW_RD_FROM_REVENUE, SW_GREY, SW_SHORTAGE_RESEARCH, SW_REDESIGN, SW_WAITING,
    SW_OFFSHORE, SW_EXIT, SW_NETWORK_EFFECTS, SW_HAZARD, SW_SUBSIDY, SW_MANDATE, SW_IMPORT_GATE, SW_COUNTER_CONTROLS,
    SW_MOBILISATION, SW_DISTILLATION, SW_US_RULE, SW_ALLY_ALIGNMENT,
) = range(24)  # fmt: skip

WORLD_SWITCHES = ("chinas_steps", "firm_heterogeneity")
"""Mechanisms that stand in the law or in the firms' data: switched off, the arrays that the kernel reads lack them."""
CHINAS_STEPS, FIRM_HETEROGENEITY = WORLD_SWITCHES

MECHANISMS = (*SWITCHES, *WORLD_SWITCHES)
"""Everything that a scenario can switch off."""

LEARNING_RULES = ("ewa", "replicator", "fixed", "best_reply", "random")
"""How firms choose their mix of research (MODEL R11); the first is the model's own."""
EWA, REPLICATOR, FIXED, BEST_REPLY, RANDOM_MIX = range(5)

LAWS = ("finite", "non_negative", "chips", "money", "banks", "treasury")
"""Laws that are checked in every quarter; a run that breaks one is marked failed (MODEL section 7)."""
LAW_FINITE, LAW_NON_NEGATIVE, LAW_CHIPS, LAW_MONEY, LAW_BANKS, LAW_TREASURY = range(6)

NO_CAP = 9.0
"""Volume cap, China sales over US sales, that stands for none."""

SLOTS = 4
"""Generations of chips that are told apart on each line, oldest first (MODEL section 4)."""
NEWEST = SLOTS - 1

RING = 8
"""Slots of the ring buffers for lags of at most seven quarters."""
