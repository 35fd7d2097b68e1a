"""Mesa agents: live views of one run. No equation is written here; the rules are in `abm.rules`."""

from abm.agents.added import AddedAgent
from abm.agents.ai_firm import AIFirm, FirmView
from abm.agents.chip_vendor import ChipVendor, VendorView
from abm.agents.regulator import Regulator, RegulatorView
from abm.agents.supply_node import NodeView, SupplyNode

__all__ = [
    "AIFirm",
    "AddedAgent",
    "ChipVendor",
    "FirmView",
    "NodeView",
    "Regulator",
    "RegulatorView",
    "SupplyNode",
    "VendorView",
]
