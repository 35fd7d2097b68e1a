"""The quarter walked agent by agent in ordinary Mesa: an independent second reading of the model, for tests and timing.

One run, Mesa agents with plain Python floats, lists and objects; no arrays, no lanes, no function of `abm.phases`. The
rules of `abm.rules` and the draws of `abm.draws` are the same function objects that the engine compiles, and sums run
in the same order, so the walk must give the engine's bits in every quarter (tests/mesa/test_walk.py). It is written as
a Mesa user would write the model for speed in plain Python, and benchmarks/bench_walk.py times the engine against it.

Where the helpers of each phase are (same names unless said):

| phase of `abm.quarter` | here |
|---|---|
| chance | `chance.Chance.draw`, `firm.AIFirm.draw_chance` |
| share_plan, leave | `exits.Exits` |
| launch | `vendor.ChipVendor.develop`, `offer.Offer.next_generation`, `ship_redesign`, `measure`; `offer.Design.rate` |
| regulate | `regulator.Regulator`; `offer.Offer.judge` (`judge_offers`, `tenancy`) |
| expect | `firm.AIFirm.expect`, `china.ChineseDesigner.expect`, `china.ChinaChain.expect` (tools) |
| redesign, set_prices | `vendor.ChipVendor.redesign` and helpers; `offer.Offer.set_price`, `set_rent`, `cost_owners` |
| redesign_home | `china.ChineseDesigner.redesign_at_home`, `choose_design`, `maker_value`, `margin`; `home_cost` |
| world_supply | `world_chain.WorldPackaging`, `Tier`; `nodes.Supplier` (`grow`, `equip`); `offer.Offer.offer_supply` |
| fabs | `fabs.Fab` and its `Foundry` and `MemoryMaker` |
| produce | `china.ChinaChain`, `china.ChineseDesigner`; `nodes.SupplyNode.run_to_plan` |
| lend, pay_hosts | `offshore.Rental`; a host's own use in `knowledge.Researcher.use_compute` |
| procure | `buying.Buyer`; `find_use` is called when software changes, at the end of `research` |
| clear | `market.Market`; `buying.Buyer.tally`, `deliver`, `reoffer`, `place_wallet` (with `place_stock`) |
| deploy, slots | `halls.Hoster`, `open_slots`; `buying.Line.move_up` (`merge_oldest`) |
| settle | `accounts.Books`; `firm.AIFirm.pay_firm`, `vendor.ChipVendor.pay_vendor_costs`, `close_books` |
| node_accounts | `node_books.NodeBooks`; `nodes.Toolmaker.sell_tools`, `nodes.SupplyNode.close_books` |
| earn | `knowledge.Researcher.use_compute` (`add_rented`), `run_best`, `firm_weight`; `services.Services` |
| research, knowledge | `knowledge.Researcher`; leaders, own chips and newcomers in `services.Services` |
| learn | `knowledge.Researcher.learn`, `choose` (`choose_mix`, `choose_otherwise`, `draw_mix`), `imitate` |
| observe | `records.Records`; `offer.Offer.cut_down` (`off_road_map`) |
| verify | `audit.Audit` |

Supply nodes are built in `node_start`. The state is compared through `snapshot.snapshot`, which names the array of
`abm.state` that each attribute answers to.
"""
