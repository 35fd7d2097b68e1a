"""The order of events in a quarter, on one page (MODEL section 6)."""

from __future__ import annotations

from abm.phases.chance import draw_chance
from abm.phases.clear import clear, close_market
from abm.phases.decide import decide
from abm.phases.deploy import deploy
from abm.phases.earn import earn
from abm.phases.exit import leave, share_plan
from abm.phases.expect import expect
from abm.phases.launch import launch
from abm.phases.learn import learn
from abm.phases.observe import observe
from abm.phases.offshore import lend
from abm.phases.procure import order
from abm.phases.produce import produce_china
from abm.phases.react import react
from abm.phases.redesign import redesign, set_prices
from abm.phases.regulate import regulate
from abm.phases.research import research
from abm.phases.settle import settle
from abm.phases.verify import verify
from abm.phases.watch import watch
from abm.phases.world_supply import offer_supply, supply_world
from abm.state import World


def quarter(world: World, step: int) -> None:
    """One quarter: each phase acts on the state that the phase before it left."""
    draw_chance(world, step)  # shocks of the quarter, the same in all arms
    share_plan(world, step)  # firms that have left leave their part of the plan to the others
    launch(world, step)  # new generations and finished redesigns go on sale
    react(world, step)  # states answer what they saw: subsidy, mandate, gate, counter-controls, mobilisation
    decide(world, step)  # after the script the US reviews its rules, allies follow or not
    regulate(world, step)  # rules come into force; stringency, cuts, signals
    expect(world, step)  # firms revise how likely they are to be cut off
    redesign(world, step)  # vendors whose lines are cut start licence-free designs
    lend(world, step)  # hosts abroad offer compute to tenants from China
    set_prices(world, step)  # list prices, prices in China, duty
    supply_world(world, step)  # packaging capacity grows towards orders; US chips are made
    produce_china(world, step)  # tools, wafers and memory become Chinese chips
    offer_supply(world, step)  # what each offer can deliver
    order(world, step)  # firms set budgets, stock targets and orders
    clear(world, step)  # orders meet supply in rounds; chips move
    close_market(world)  # unsold stock, grey premium, order books
    deploy(world, step)  # warehouses empty into data halls; old chips retire
    settle(world, step)  # money moves; every row of the matrix adds to zero
    earn(world, step)  # compute becomes capability and AI revenue
    leave(world, step)  # firms without cash, credit and margin leave the market
    research(world, step)  # software, porting, own stacks; knowledge flows
    learn(world, step)  # firms shift research to what paid
    observe(world, step)  # record what a statistician would have seen
    watch(world, step)  # what governments decided, and what they see: the lead, evasion, lost sales
    verify(world, step)  # laws; a run that breaks one is marked


def quarters(world: World, start: int, stop: int) -> None:
    """Quarters `start` to `stop` − 1."""
    for step in range(start, stop):
        quarter(world, step)
