"""Converged broadband: orders of shops and homes, from a touchpoint to the service at the customer's place."""

import datetime as dt

from procmine.simulate.converged_broadband.steps import flow
from procmine.simulate.converged_broadband.systems import LAYOUT
from procmine.simulate.writing import Described

DESCRIBED = Described(
    before=flow(redesigned=False),
    after=flow(redesigned=True),
    layout=LAYOUT,
    time_zone="Asia/Shanghai",
    first=dt.date(2025, 1, 1),
    last=dt.date(2026, 1, 1),
)
