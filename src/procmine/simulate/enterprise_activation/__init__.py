"""Enterprise service activation: boxes, messaging, mobile mail and leased lines for business customers."""

from procmine.simulate.enterprise_activation.steps import flow
from procmine.simulate.enterprise_activation.systems import LAYOUT
from procmine.simulate.writing import Described

DESCRIBED = Described(before=flow(redesigned=False), after=flow(redesigned=True), layout=LAYOUT)
