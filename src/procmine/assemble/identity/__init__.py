"""Which order each row of the exports belongs to; may use `mapping`, `events`, `orders` and `rows`."""

from procmine.assemble.identity.linkage import Identity, order_identity

__all__ = ["Identity", "order_identity"]
