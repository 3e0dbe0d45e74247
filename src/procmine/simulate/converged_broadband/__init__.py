"""Converged broadband: orders of shops and homes, from a touchpoint to the service at the customer's place."""

from procmine.simulate.converged_broadband.steps import flow
from procmine.simulate.converged_broadband.systems import LAYOUT
from procmine.simulate.writing import Described

DESCRIBED = Described(before=flow(redesigned=False), after=flow(redesigned=True), layout=LAYOUT)
