"""What a transaction of ours pays to land, beside what it does."""

from core.messages import Order
from core.types import BASE_FEE_LAMPORTS


def signatures(order: Order) -> int:
    """The wallet whose lamports or tokens move signs, and so does another one that pays the fee.

    A wallet of a retired generation never pays: its last lamport was swept.
    """
    return 1 if order.payer is order.role and order.from_generation is None else 2


def fee_lamports(order: Order) -> int:
    """Base, priority and tip, paid by `order.payer`."""
    return signatures(order) * BASE_FEE_LAMPORTS + order.priority_lamports + order.tip_lamports
