"""Orders and chains that the tests of the paper venue try things on."""

from core.market.paper.chain import PaperChain, receive
from core.messages import Order
from core.types import Purpose, Role, Side, Venue

SOL = 1_000_000_000


def funded(**lamports: int) -> PaperChain:
    chain = PaperChain()
    for role, amount in (lamports or {"lightning": SOL, "emergency_gas": SOL}).items():
        chain = receive(chain, Role(role), 0, amount)
    return chain


def buy(**fields: object) -> Order:
    values = {
        "id": "b", "purpose": Purpose.ENTRY, "role": Role.LIGHTNING, "payer": Role.LIGHTNING, "mint": "coin",
        "side": Side.BUY, "venue": Venue.CURVE, "lamports": SOL // 20, "priority_lamports": 20_000,
    }  # fmt: skip
    return Order(**(values | fields))  # type: ignore[arg-type]


def sale(**fields: object) -> Order:
    return buy(**({"purpose": Purpose.EXIT, "side": Side.SELL, "lamports": 0} | fields))


def transfer(**fields: object) -> Order:
    order = {"purpose": Purpose.TAX, "side": None, "venue": None, "mint": "", "to_role": Role.PSYCHOLOGY}
    return buy(**(order | fields))
