"""People who make coins and trade them on the local node, fast enough for a day of rules that lasts 24 minutes.

A coin gathers its holders and its liquidity in the first seconds, is traded up and down for a minute, and ends: left
alone, sold off by its creator, or graduated to a pool. Everything follows from one seed.
"""

from random import Random

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.chain.accounts import BondingCurve, Pool, decode_account
from core.chain.build import curve as curve_orders
from core.chain.build import orders
from core.chain.build import pool as pool_orders
from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, bonding_curve, canonical_pool, token_account
from core.chain.build.curve import curve_accounts
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients, pool_facts
from core.chain.build.funds import compute_budget, open_token_account
from core.chain.build.pool import pool_accounts
from localnet import genesis, launching
from localnet.chain import Chain

SOL = 1_000_000_000
PEOPLE = 160
HOLDERS = 56
RECIPIENTS = Recipients(genesis.key(genesis.FEE_RECIPIENTS[3]), genesis.key(genesis.BUYBACK_RECIPIENTS[2]))
UNITS = 400_000


class Crowd:
    """Called before each slot."""

    def __init__(self, chain: Chain, seed: int, *, every_slots: int = 30, cashback_every: int = 0) -> None:
        """`cashback_every`: one coin of so many is a cashback coin; 0: none."""
        self.chain, self.every_slots, self.cashback_every = chain, every_slots, cashback_every
        self.random = Random(f"crowd {seed}")
        self.people = [_person(f"crowd {seed} {number}") for number in range(PEOPLE)]
        for one in self.people:
            chain.bank.put(one.pubkey(), genesis.wallet(100_000 * SOL))
        self.coins: list[Coin] = []
        self.launched = self.slots = 0
        self.seed = seed

    def __call__(self) -> None:
        if self.slots % self.every_slots == 0:
            self.coins.append(Coin(self, self.launched))
            self.launched += 1
        self.slots += 1
        for coin in self.coins:
            coin.live()
        self.coins = [coin for coin in self.coins if not coin.is_over]

    def send(self, instructions: list[Instruction], *signers: Keypair) -> None:
        blockhash = Hash.from_string(self.chain.blockhash_seen("processed")[0])
        body = [*compute_budget(UNITS, 0), *instructions]
        message = MessageV0.try_compile(signers[0].pubkey(), body, [], blockhash)
        self.chain.queue(VersionedTransaction(message, list(signers)))


class Coin:
    """One coin from its launch to its end."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        draw = crowd.random
        self.crowd, self.number, self.age = crowd, number, -1
        self.mint = _person(f"coin {crowd.seed} {number}")
        self.creator = _person(f"creator {crowd.seed} {number}")
        crowd.chain.bank.put(self.creator.pubkey(), genesis.wallet(1_000 * SOL))
        self.holders = draw.sample(crowd.people, HOLDERS)
        self.size = int(draw.uniform(0.55, 0.8) * SOL)
        self.drift = draw.choice([0.35, 0.5, 0.55, 0.65, 0.7])
        self.life = draw.randint(160, 320)
        self.end = draw.choice(["left", "left", "dumped", "creator", "creator", "graduated"])
        self.ends_at = draw.randint(30, 110)
        self.pooled: PoolFacts | None = None
        every = crowd.cashback_every
        self.facts = CurveFacts(
            mint=self.mint.pubkey(),
            creator=self.creator.pubkey(),
            token_program=TOKEN_2022_ID,
            is_cashback=bool(every) and number % every == every - 1,
        )

    @property
    def is_over(self) -> bool:
        return self.age > self.life

    def live(self) -> None:
        self.age += 1
        if self.age == 0:
            self._launch()
        elif self.age <= HOLDERS // 8:
            for one in self.holders[(self.age - 1) * 8 : self.age * 8]:
                self._buy(one, self.size)
        else:
            self._trade()

    def _launch(self) -> None:
        creator = self.creator.pubkey()
        words = (f"Coin {self.number}", f"C{self.number}", "https://metadata.invalid/coin")
        mint, is_cashback = self.mint.pubkey(), self.facts.is_cashback
        made = launching.create_v2(mint, creator, creator, words, is_cashback=is_cashback)
        self.crowd.send([made], self.creator, self.mint)

    def _trade(self) -> None:
        draw = self.crowd.random
        if self.age == self.ends_at:
            self._ends()
        if draw.random() > 0.8:
            return
        if draw.random() < self.drift:
            self._buy(draw.choice(self.holders), int(draw.uniform(0.05, 0.4) * SOL))
        else:
            self._sell(draw.choice(self.holders), draw.uniform(0.1, 0.5))

    def _ends(self) -> None:
        if self.end == "creator":
            self._buy(self.creator, SOL // 2)
            self.ends_at, self.end = self.age + 3, "creator sells"
        elif self.end == "creator sells":
            self._sell(self.creator, 1.0)
            self._dump(20)
        elif self.end == "dumped":
            self._dump(40)
        elif self.end == "graduated":
            for one in self.crowd.people[:12]:
                self._buy(one, 8 * SOL)
            self.ends_at, self.end = self.age + 4, "migrates"
        elif self.end == "migrates" and self._curve_is_complete():
            self.crowd.send([launching.migrate(self.mint.pubkey(), self.creator.pubkey())], self.creator)

    def _dump(self, count: int) -> None:
        for one in self.holders[:count]:
            self._sell(one, 1.0)

    def _buy(self, person: Keypair, lamports: int) -> None:
        user = person.pubkey()
        if self._curve_is_complete():
            pooled = self._pool()
            if pooled is not None:
                at = pool_accounts(pooled, user, RECIPIENTS)
                trade = pool_orders.buy_exact_quote_in(at, lamports, 1)
                self.crowd.send(orders.pool_buy(pooled, at, trade, lamports), person)
            return
        accounts = curve_accounts(self.facts, user, RECIPIENTS)
        opened = open_token_account(user, user, self.facts.mint, TOKEN_2022_ID)
        self.crowd.send([opened, curve_orders.buy_exact_quote_in_v2(accounts, lamports, 1)], person)

    def _sell(self, person: Keypair, share: float) -> None:
        user = person.pubkey()
        tokens = int(self._tokens(user) * share)
        if tokens < 1_000:
            return
        if self._curve_is_complete():
            pooled = self._pool()
            if pooled is not None:
                at = pool_accounts(pooled, user, RECIPIENTS)
                self.crowd.send(
                    orders.pool_sell(pooled, at, pool_orders.sell(at, tokens, 1), tokens, close=False), person
                )
            return
        self.crowd.send([curve_orders.sell_v2(curve_accounts(self.facts, user, RECIPIENTS), tokens, 1)], person)

    def _tokens(self, owner: Pubkey) -> int:
        account = self.crowd.chain.bank.account(token_account(owner, self.facts.mint, TOKEN_2022_ID))
        return 0 if account is None else int.from_bytes(bytes(account.data[64:72]), "little")

    def _curve_is_complete(self) -> bool:
        account = self.crowd.chain.bank.account(bonding_curve(self.facts.mint))
        read = decode_account(bytes(account.data)) if account is not None else None
        return isinstance(read, BondingCurve) and not read.is_tradable

    def _pool(self) -> PoolFacts | None:
        if self.pooled is None:
            address = canonical_pool(self.facts.mint)
            account = self.crowd.chain.bank.account(address)
            read = decode_account(bytes(account.data)) if account is not None else None
            if isinstance(read, Pool):
                self.pooled = pool_facts(address, read, TOKEN_2022_ID, TOKEN_ID)
        return self.pooled


def _person(name: str) -> Keypair:
    """The same key for the same name."""
    seed = Random(name).randbytes(32)
    return Keypair.from_seed(seed)
