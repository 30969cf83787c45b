"""The cost gate: what 1 buy and 3 sells of the stake would lose, by the on-chain fee schedules (rules.md §3).

Protocol, creator and LP fees, price impact, base and priority fees, the creator vault's top-up, rent that will not come
back. Refundable rent is no cost, cashback no income. Lamports throughout.
"""

from msgspec import Struct

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS, WALLET_LAMPORTS
from core.market.fees import as_cashback, rates_of
from core.market.reserves import venue_of
from core.market.round_trip import RoundTripCost, TransactionCosts, round_trip_cost
from core.messages import Reserves


class CostRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sells: int = 3
    creator_vault_rent_lamports: int = WALLET_LAMPORTS
    """Rent exemption of an empty account: who trades first after the vault was emptied makes up what is missing."""
    cashback_rent_lamports: int = TOKEN_ACCOUNT_LAMPORTS
    """The accumulator's own token account of a cashback coin; nothing closes it."""
    buy_tip_lamports: int = 0
    sell_tip_lamports: int = 0


def entry_cost(
    rule: CostRule,
    *,
    reserves: Reserves,
    supply: int,
    cashback: bool,
    volume_lamports: int,
    stake_lamports: int,
    buy_priority_lamports: int,
    sell_priority_lamports: int,
) -> RoundTripCost | None:
    """The cost of one whole operation with `stake_lamports` (fees included) now; None where it cannot be traded.

    The vault counts as filled by what this token's own volume paid the creator: a vault is per creator, so this is the
    most that can be missing.
    """
    venue = venue_of(reserves)
    rates = rates_of(venue, supply)
    missing = rule.creator_vault_rent_lamports - volume_lamports * rates.creator_bps // 10_000
    lost_rent = max(missing, 0) + (rule.cashback_rent_lamports if cashback else 0)
    costs = TransactionCosts(
        buy_priority_lamports=buy_priority_lamports,
        sell_priority_lamports=sell_priority_lamports,
        buy_tip_lamports=rule.buy_tip_lamports,
        sell_tip_lamports=rule.sell_tip_lamports,
        lost_rent_lamports=lost_rent,
    )
    return round_trip_cost(venue, stake_lamports, as_cashback(rates) if cashback else rates, costs, sells=rule.sells)
