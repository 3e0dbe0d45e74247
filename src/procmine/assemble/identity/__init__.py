"""Which order each row of the exports belongs to. May use `orders`, `events` and what is below them."""

from procmine.assemble.identity.linkage import Identity, order_identity

__all__ = ["Identity", "order_identity"]
