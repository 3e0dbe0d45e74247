"""Supply of SIM cards to outlets: to agents, who pay first, and to the operator's own halls."""

from procmine.simulate.sim_card_supply.steps import flow
from procmine.simulate.sim_card_supply.systems import LAYOUT
from procmine.simulate.writing import Described

DESCRIBED = Described(before=flow(redesigned=False), after=flow(redesigned=True), layout=LAYOUT)
