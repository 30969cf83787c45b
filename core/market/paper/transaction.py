"""Transactions on the paper chain, executed as the real chain would.

Pure and atomic: a transaction succeeds as a whole, or fails and pays base and priority fee. It succeeds only when its
limit holds against the true reserves it meets. Amounts are lamports and token base units. Rents are paid by the order's
payer and come back to the wallet that owned the account.
"""

from msgspec.structs import replace

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS, VOLUME_ACCUMULATOR_LAMPORTS, WALLET_LAMPORTS, token_account_lamports
from core.market.fees import FeeRates, by_kind, rates_of
from core.market.paper.chain import PaperChain, TokenAccount, wallet_of
from core.market.quotes import Quote, buy_exact_in, sell
from core.market.reserves import reserves_of, venue_of
from core.messages import Order, Reserves, Settlement
from core.rules.network_fee import signatures
from core.types import BASE_FEE_LAMPORTS, Purpose, Role, Side, Venue

SETTLED_KEPT = 4_096
"""Outcomes remembered by signature. A signature lives 150 slots; the paper store keeps all of them."""

SLIPPAGE = "slippage: the limit does not hold"
FUNDS = "insufficient funds"
RENT = "insufficient funds for rent"
FEE = "the fee payer cannot pay the fee"
TOKENS = "insufficient tokens"
NOT_EMPTY = "the token account is not empty"
VENUE = "the token does not trade there"
UNTRADABLE = "the reserves cannot fill it"
DRAWN = "failed on the way"
"""A failure drawn by `landing_of`: something else in the block got in its way."""


class _Failed(Exception):
    """Undoes the transaction; the text is the chain's error."""


def execute(
    chain: PaperChain,
    order: Order,
    signature: str,
    *,
    slot: int,
    at_s: float,
    reserves: Reserves | None = None,
    rates: FeeRates | None = None,
    failure: str = "",
) -> tuple[PaperChain, Settlement]:
    """The chain after this transaction, and what it did. The same signature again does nothing and answers the same.

    `reserves` are the true ones at this moment (None: the token trades nowhere, or the order is no trade), `rates` the
    coin's (None: today's schedule). `failure` makes it fail with this error whatever the reserves.
    """
    known = chain.settled.get(signature)
    if known is not None:
        return chain, known
    transaction = _Transaction(chain, order)
    try:
        transaction.pay_landing(tip=False)
    except _Failed:
        # Our own simulation before the send finds this: nothing leaves, nothing is paid.
        return _settled(chain, Settlement(signature=signature, slot=slot, at_s=at_s, error=FEE))
    done = Settlement(signature=signature, slot=slot, at_s=at_s)
    try:
        if failure:
            raise _Failed(failure)
        attempt = _Transaction(chain, order)
        attempt.pay_landing(tip=True)
        filled = attempt.act(done, reserves, rates)
        attempt.check_minimums()
        transaction, done = attempt, filled
    except _Failed as failed:
        done = replace(done, error=str(failed))
    done = replace(done, fees=transaction.fees, rent_lamports=transaction.rent, changes=transaction.changes)
    return _settled(transaction.chain_after(), done)


def shortfall(chain: PaperChain, order: Order, *, cashback: bool = False) -> str:
    """Why this order fails whatever the reserves say, or empty: for a market that trades before the chain is asked.

    Errs against the order by what a buy would leave of its lamports, and a sale bring above its limit.
    """
    try:
        _Transaction(chain, order).pay_landing(tip=False)
    except _Failed:
        return FEE
    worst = _Transaction(chain, order)
    try:
        worst.pay_landing(tip=True)
        worst.act_at_worst(cashback=cashback)
        worst.check_minimums()
    except _Failed as failed:
        return str(failed)
    return ""


def _settled(chain: PaperChain, settlement: Settlement) -> tuple[PaperChain, Settlement]:
    settled = dict(chain.settled)
    if len(settled) >= SETTLED_KEPT:
        del settled[next(iter(settled))]
    settled[settlement.signature] = settlement
    return replace(chain, settled=settled), settlement


class _Transaction:
    """One transaction at work on copies, so that a failure in its middle leaves no trace."""

    def __init__(self, chain: PaperChain, order: Order) -> None:
        self.before = chain
        self.order = order
        self.wallets = dict(chain.wallets)
        self.token_accounts = dict(chain.token_accounts)
        self.accumulators = dict(chain.accumulators)
        self.unclosable = dict(chain.unclosable)
        self.cold = dict(chain.cold)
        self.fees: dict[str, int] = {}
        self.changes: dict[str, int] = {}
        self.rent = 0

    def chain_after(self) -> PaperChain:
        return replace(
            self.before,
            wallets=self.wallets,
            token_accounts=self.token_accounts,
            accumulators=self.accumulators,
            unclosable=self.unclosable,
            cold=self.cold,
        )

    def balance(self, role: Role) -> int:
        return self.wallets.get(wallet_of(role, self.order.generation), 0)

    def move(self, role: Role, lamports: int, generation: int | None = None) -> None:
        wallet = wallet_of(role, self.order.generation if generation is None else generation)
        balance = self.wallets.get(wallet, 0) + lamports
        if balance < 0:
            raise _Failed(FUNDS)
        self.wallets[wallet] = balance
        self.changes[role] = self.changes.get(role, 0) + lamports

    def pay(self, kind: str, lamports: int, role: Role) -> None:
        if lamports:
            self.move(role, -lamports)
            self.fees[kind] = self.fees.get(kind, 0) + lamports

    def pay_landing(self, *, tip: bool) -> None:
        """What the block asks before anything happens. A tip is an instruction: paid only when all of them succeed."""
        payer = self.order.payer
        self.pay("base", BASE_FEE_LAMPORTS * signatures(self.order), payer)
        self.pay("priority", self.order.priority_lamports, payer)
        if tip:
            self.pay("tip", self.order.tip_lamports, payer)
        elif not self._holds_enough(wallet_of(payer, self.order.generation)):
            raise _Failed(FEE)

    def check_minimums(self) -> None:
        if not all(self._holds_enough(wallet) for wallet in self.wallets):
            raise _Failed(RENT)

    def _holds_enough(self, wallet: str) -> bool:
        balance, before = self.wallets[wallet], self.before.wallets.get(wallet, 0)
        # An account that was short before may stay so, but not grow into a state the chain would not have let begin.
        return balance == 0 or balance >= WALLET_LAMPORTS or balance <= before < WALLET_LAMPORTS

    def act(self, done: Settlement, reserves: Reserves | None, rates: FeeRates | None) -> Settlement:
        if self.order.side is None:
            self._transfer()
            return done
        if reserves is None or reserves.venue is not self.order.venue:
            raise _Failed(VENUE)
        venue = venue_of(reserves)
        rates = rates_of(venue) if rates is None else rates
        if self.order.side is Side.BUY:
            quote = self._buy(buy_exact_in(venue, self.order.lamports, rates), cashback=rates.cashback_bps > 0)
            tokens, quote_lamports = quote.tokens, -quote.quote_lamports
        else:
            quote = self._sell(sell(venue, self.order.tokens, rates))
            tokens, quote_lamports = -quote.tokens, quote.quote_lamports
        for kind, lamports in by_kind(quote.fees).items():
            self.fees[kind] = self.fees.get(kind, 0) + lamports
        return replace(done, tokens=tokens, quote_lamports=quote_lamports, reserves=reserves_of(quote.after))

    def act_at_worst(self, *, cashback: bool) -> None:
        """The dearest buy and the poorest sale that this order allows."""
        order = self.order
        if order.side is Side.BUY:
            self._take_in(order.lamports, max(order.limit, 1), cashback=cashback)
            if not self.balance(order.role):
                raise _Failed(RENT)  # a lamport that a buy leaves over is too little to live on
        elif order.side is Side.SELL:
            self._give_away(order.limit, order.tokens)
        else:
            self._transfer()

    def _buy(self, quote: Quote | None, *, cashback: bool) -> Quote:
        if quote is None:
            raise _Failed(UNTRADABLE)
        if quote.tokens < self.order.limit:
            raise _Failed(SLIPPAGE)
        self._take_in(quote.total_lamports, quote.tokens, cashback=cashback)
        return quote

    def _sell(self, quote: Quote | None) -> Quote:
        self._check_tokens()
        if quote is None:
            raise _Failed(UNTRADABLE)
        if quote.total_lamports < self.order.limit:
            raise _Failed(SLIPPAGE)
        self._give_away(quote.total_lamports, quote.tokens)
        return quote

    def _take_in(self, lamports: int, tokens: int, *, cashback: bool) -> None:
        order, key = self.order, self._account_key()
        if key not in self.token_accounts:
            rent = token_account_lamports(token_2022=order.token_2022)
            self.token_accounts[key] = TokenAccount(0, rent)
            self._lock(rent)
        accumulator = f"{wallet_of(order.role, order.generation)}.{order.venue}"
        if accumulator not in self.accumulators:
            self.accumulators[accumulator] = VOLUME_ACCUMULATOR_LAMPORTS
            self._lock(VOLUME_ACCUMULATOR_LAMPORTS)
        if cashback and accumulator not in self.unclosable:
            self.unclosable[accumulator] = TOKEN_ACCOUNT_LAMPORTS
            self.pay("rent", TOKEN_ACCOUNT_LAMPORTS, order.payer)
        self._wrap_for_a_moment()
        self.move(order.role, -lamports)
        account = self.token_accounts[key]
        self.token_accounts[key] = replace(account, tokens=account.tokens + tokens)
        self._unwrap()

    def _check_tokens(self) -> TokenAccount:
        account = self.token_accounts.get(self._account_key())
        if account is None or account.tokens < self.order.tokens:
            raise _Failed(TOKENS)
        return account

    def _give_away(self, lamports: int, tokens: int) -> None:
        key, account = self._account_key(), self._check_tokens()
        self._wrap_for_a_moment()
        self.token_accounts[key] = account = replace(account, tokens=account.tokens - tokens)
        self.move(self.order.role, lamports)
        self._unwrap()
        if self.order.close_account:
            if account.tokens:
                raise _Failed(NOT_EMPTY)
            self._close(key)

    def _transfer(self) -> None:
        order = self.order
        if order.to_address:
            self.move(order.role, -order.lamports)
            self.cold[order.to_address] = self.cold.get(order.to_address, 0) + order.lamports
            return
        to_generation = order.generation + (order.purpose is Purpose.ROTATION)
        if order.to_role is None or (order.to_role is order.role and to_generation == order.generation):
            raise _Failed("a transfer needs another wallet to go to")
        if order.purpose is Purpose.ROTATION:
            self._retire()
        lamports = self.balance(order.role) if order.sweep else order.lamports
        self.move(order.role, -lamports)
        self.move(order.to_role, lamports, to_generation)

    def _retire(self) -> None:
        """Closes what a wallet leaves behind, so that its rent moves on with its balance."""
        wallet = wallet_of(self.order.role, self.order.generation)
        for key, account in list(self.token_accounts.items()):
            if key.startswith(f"{wallet}/") and not account.tokens:
                self._close(key)
        for venue in Venue:
            rent = self.accumulators.pop(f"{wallet}.{venue}", 0)
            self.rent -= rent
            self.move(self.order.role, rent)

    def _account_key(self) -> str:
        # Where the tokens lie; what they bring goes on to the present wallet in the same transaction.
        retired = self.order.from_generation
        generation = self.order.generation if retired is None else retired
        return f"{wallet_of(self.order.role, generation)}/{self.order.mint}"

    def _lock(self, rent: int) -> None:
        self.move(self.order.payer, -rent)
        self.rent += rent

    def _close(self, key: str) -> None:
        rent = self.token_accounts.pop(key).rent_lamports
        self.rent -= rent
        self.move(self.order.role, rent)

    def _wrap_for_a_moment(self) -> None:
        """A pool trades wrapped SOL: its account's rent comes back in the same transaction, but must be there."""
        if self.order.venue is Venue.POOL:
            self.move(self.order.payer, -TOKEN_ACCOUNT_LAMPORTS)

    def _unwrap(self) -> None:
        if self.order.venue is Venue.POOL:
            self.move(self.order.payer, TOKEN_ACCOUNT_LAMPORTS)
