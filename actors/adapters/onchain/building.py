"""From an order to signed bytes: accounts from memory, a blockhash from its keeper, keys from the keystore."""

import itertools
import zlib
from collections.abc import Sequence
from time import time_ns

from solders.hash import Hash
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import TokenState
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.answers import Blockhash
from actors.adapters.rpc.node import Node
from core.chain.build import curve, orders, pool
from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, volume_accumulator
from core.chain.build.curve import curve_accounts
from core.chain.build.facts import PoolFacts, Recipients
from core.chain.build.funds import close_token_account, transfer
from core.chain.build.orders import Place, Tip, with_place
from core.chain.build.pool import pool_accounts
from core.chain.build.signing import SignedTransaction, compile_message, sign
from core.errors import Refused
from core.messages import Order
from core.rules.network_fee import fee_lamports
from core.types import Purpose, Side, Venue

TRADE_UNITS = 260_000
"""Compute units allowed to a trade with its token account; today's programs use some 150,000."""
MOVE_UNITS = 60_000
"""To a transfer, with the accounts that a retiring wallet closes."""
MICRO = 1_000_000
VARIANTS = 4_096
"""Unit limits that a transaction of ours may have; more than are signed within a blockhash's life."""
CLOSE_MOST = 12
"""Token accounts that one sweep closes; a wallet of three operations has fewer."""


class Builder:
    """Raises Refused where an order cannot be built, RpcError where a node had to be asked and did not answer."""

    def __init__(
        self,
        node: Node,
        wallets: OurWallets,
        tokens: TokenMemory,
        programs: ProgramSettings,
        tip_accounts: Sequence[Pubkey] = (),
        *,
        leaves_proceeds: bool = False,
    ) -> None:
        """`tip_accounts`: of block engines, as they are when an order is built; without any no tip is paid.

        `leaves_proceeds`: a sale out of a retired wallet may leave what it brings there."""
        self._leaves_proceeds = leaves_proceeds
        self._count = itertools.count(time_ns() // 1_000_000)
        self._node, self._wallets, self._tokens, self._programs = node, wallets, tokens, programs
        self._tip_accounts = tip_accounts

    def build(self, order: Order, blockhash: Blockhash) -> SignedTransaction:
        """The signed transaction of this order on this blockhash."""
        payer = self._wallets.pubkey(order.payer, order.generation)
        if order.side is None:
            body, units = self._transfer(order), MOVE_UNITS
        else:
            body, units = self._trade(order), TRADE_UNITS
        # Two orders that ask for the same on one blockhash would be one transaction, with one outcome for both.
        units += next(self._count) % VARIANTS
        instructions = with_place(self._place(order, units), payer, body)
        message = compile_message(payer, instructions, Hash.from_string(blockhash.blockhash))
        signers = [self._wallets.key(order.payer, order.generation)]
        holder = self._holder_generation(order)
        if (order.role, holder) != (order.payer, order.generation):
            signers.append(self._wallets.key(order.role, holder))
        return sign(message, signers, blockhash.last_valid_block_height)

    def _place(self, order: Order, units: int) -> Place:
        tip = None
        if order.tip_lamports and self._tip_accounts:
            account = self._tip_accounts[zlib.crc32(order.id.encode()) % len(self._tip_accounts)]
            tip = Tip(account, order.tip_lamports)
        return Place(units, order.priority_lamports * MICRO // units, tip)

    def _holder_generation(self, order: Order) -> int:
        return order.generation if order.from_generation is None else order.from_generation

    def _trade(self, order: Order) -> list[Instruction]:
        if not order.mint:
            raise Refused(f"order {order.id} names no token")
        user = self._wallets.pubkey(order.role, self._holder_generation(order))
        if order.side is Side.BUY:
            return self._buy(order, self._tokens.for_entry(order.mint), user)
        return self._sell(order, self._tokens.for_exit(order.mint, order.venue), user)

    def _buy(self, order: Order, state: TokenState, user: Pubkey) -> list[Instruction]:
        if state.venue is not order.venue:
            raise Refused(f"{order.mint} trades on {state.venue or 'nothing'} now, not on its {order.venue}")
        if order.venue is Venue.CURVE:
            facts = state.curve_facts()
            accounts = curve_accounts(facts, user, self._recipients(Venue.CURVE, is_mayhem=facts.is_mayhem))
            trade = curve.buy_exact_quote_in_v2(accounts, order.lamports, order.limit)
            return orders.curve_buy(facts, accounts, trade)
        pooled = state.pool_facts()
        if pooled.is_cashback:
            # Its accounts can never be closed, and whether they are there already would take a call to know.
            raise Refused(f"{order.mint} is a cashback coin on its pool: its accounts would keep their rent for ever")
        at = pool_accounts(pooled, user, self._recipients(Venue.POOL, is_mayhem=pooled.is_mayhem))
        return orders.pool_buy(pooled, at, pool.buy_exact_quote_in(at, order.lamports, order.limit), order.lamports)

    def _sell(self, order: Order, state: TokenState, user: Pubkey) -> list[Instruction]:
        """On the venue where the token trades, whatever the order says: its limit holds on both."""
        retired = order.from_generation is not None and order.from_generation != order.generation
        if retired and not self._leaves_proceeds:
            raise Refused("a sale out of a retired wallet is left to `exit-all`: its proceeds cannot move on at once")
        limit = max(order.limit, 1)
        if (state.venue or order.venue) is Venue.CURVE:
            facts = state.curve_facts()
            accounts = curve_accounts(facts, user, self._recipients(Venue.CURVE, is_mayhem=facts.is_mayhem))
            trade = curve.sell_v2(accounts, order.tokens, limit)
            return orders.curve_sell(facts, accounts, trade, close=order.close_account)
        pooled = state.pool_facts()
        at = pool_accounts(pooled, user, self._recipients(Venue.POOL, is_mayhem=pooled.is_mayhem))
        trade = pool.sell(at, order.tokens, limit)
        sale = orders.pool_sell(pooled, at, trade, order.tokens, close=order.close_account)
        return [*self._cashback_accounts(pooled, order, user), *sale]

    def _cashback_accounts(self, pooled: PoolFacts, order: Order, user: Pubkey) -> list[Instruction]:
        """What a cashback coin that graduated while we held it wants; its payer pays the rent that never comes back."""
        if not pooled.is_cashback:
            return []
        accumulator = str(volume_accumulator(user, PUMPSWAP_ID))
        there = self._node.accounts([accumulator], for_exit=True).accounts[0] is not None
        payer = self._wallets.pubkey(order.payer, order.generation)
        return orders.pool_cashback_setup(pooled, payer, user, has_accumulator=there)

    def _recipients(self, venue: Venue, *, is_mayhem: bool) -> Recipients:
        found = self._programs.recipients(venue, is_mayhem=is_mayhem)
        if found is None:
            self._programs.refresh()
            found = self._programs.recipients(venue, is_mayhem=is_mayhem)
        if found is None:
            raise Refused("the settings of the programs are not known: it is not known whom to pay")
        return found

    def _transfer(self, order: Order) -> list[Instruction]:
        source = self._wallets.pubkey(order.role, order.generation)
        if order.purpose is Purpose.ROTATION:
            return self._sweep(order, source)
        if order.purpose is Purpose.COLD:
            closings = self._closings(source)[0] if order.sweep else []
            return [*closings, transfer(source, Pubkey.from_string(order.to_address), order.lamports)]
        if order.to_role is None or order.to_role is order.role:
            raise Refused(f"order {order.id} names no other wallet to pay")
        return [transfer(source, self._wallets.pubkey(order.to_role, order.generation), order.lamports)]

    def _sweep(self, order: Order, source: Pubkey) -> list[Instruction]:
        """Close what the wallet leaves behind, then move everything, its rent included, to the next generation.

        What is closed is read now, at `confirmed`: only what is empty. Nothing that holds a token is touched.
        """
        closings, returned = self._closings(source)
        lamports = self._everything(order, source, returned)
        if lamports <= 0:
            raise Refused(f"{order.role} of generation {order.generation} holds nothing to sweep")
        target = self._wallets.pubkey(order.to_role or order.role, order.generation + 1)
        return [*closings, transfer(source, target, lamports)]

    def everything(self, order: Order) -> int:
        """What a sweep of this order's wallet moves: its lamports and the rent that comes back, less a fee of its own;
        0 or less where that is nothing."""
        source = self._wallets.pubkey(order.role, order.generation)
        return self._everything(order, source, self._closings(source)[1])

    def _everything(self, order: Order, source: Pubkey, returned: int) -> int:
        read = self._node.accounts([str(source)], "confirmed").accounts[0]
        own_fee = fee_lamports(order) if order.payer is order.role else 0
        return (read.lamports if read is not None else 0) + returned - own_fee

    def _closings(self, source: Pubkey) -> tuple[list[Instruction], int]:
        """What closes the wallet's empty token accounts and its accumulators, and the rent that comes back."""
        closings: list[Instruction] = []
        returned = 0
        for one in self._node.token_accounts(str(source)).holdings[:CLOSE_MOST]:
            if one.token.amount == 0:
                account, program = Pubkey.from_string(one.address), Pubkey.from_string(one.program)
                closings.append(close_token_account(account, source, source, program))
                returned += one.lamports
        found = [str(volume_accumulator(source, program)) for program in (PUMP_ID, PUMPSWAP_ID)]
        for account_read, close in zip(
            self._node.accounts(found, "confirmed").accounts,
            (curve.close_volume_accumulator, pool.close_volume_accumulator),
            strict=True,
        ):
            if account_read is not None and account_read.lamports:
                closings.append(close(source))
                returned += account_read.lamports
        return closings, returned
