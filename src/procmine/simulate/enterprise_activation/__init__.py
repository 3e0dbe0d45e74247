"""Enterprise service activation, described as data: its flow, and how the systems of its study write it down."""

from procmine.simulate.enterprise_activation.described import FLOW
from procmine.simulate.enterprise_activation.systems import LAYOUT

__all__ = ["FLOW", "LAYOUT"]
