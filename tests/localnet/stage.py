"""A chain without a network, with people who make coins and trade them on it."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.chain.accounts import BondingCurve, Pool, decode_account
from core.chain.build import curve as curve_orders
from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, bonding_curve, canonical_pool, token_account
from core.chain.build.curve import CurveAccounts, curve_accounts
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients, pool_facts
from core.chain.build.funds import compute_budget, open_token_account, wrap
from core.chain.build.pool import PoolAccounts, pool_accounts
from core.chain.events import Event, decode_event
from core.chain.logs import data_lines
from core.market.curve import Curve
from core.market.pool import Pool as MarketPool
from core.types import LAMPORTS_PER_SOL
from localnet import genesis, launching
from localnet.chain import Chain, Pace
from localnet.faults import Faults, Switches
from localnet.records import Landed

T = TypeVar("T")
START_S = 1_790_000_000.0
RECIPIENTS = Recipients(genesis.key(genesis.FEE_RECIPIENTS[3]), genesis.key(genesis.BUYBACK_RECIPIENTS[2]))


def person(name: str) -> Keypair:
    """The same key for the same name."""
    return Keypair.from_seed(name.encode().ljust(32, b"\0"))


@dataclass
class Stage:
    """`now_s` is the clock, moved by hand."""

    seed: int = 1
    pace: Pace = field(default_factory=Pace)
    now_s: float = START_S

    def __post_init__(self) -> None:
        self.chain = Chain(self.pace, Faults(Switches(), self.seed), lambda: self.now_s, 80.0)
        self.chain.begin()

    def rich(self, name: str, sol: float = 10_000.0) -> Keypair:
        made = person(name)
        self.chain.bank.put(made.pubkey(), genesis.wallet(int(sol * LAMPORTS_PER_SOL)))
        return made

    def signed(
        self, instructions: Sequence[Instruction], *signers: Keypair, units: int = 1_000_000
    ) -> VersionedTransaction:
        blockhash = Hash.from_string(self.chain.blockhash_seen("processed")[0])
        budget = compute_budget(1_000_000, 0)
        message = MessageV0.try_compile(signers[0].pubkey(), [*budget, *instructions], [], blockhash)
        return VersionedTransaction(message, list(signers))

    def land(self, instructions: Sequence[Instruction], *signers: Keypair) -> Landed:
        """Run them in a slot of their own."""
        self.chain.advance()
        landed = self.chain.run(self.signed(instructions, *signers))
        assert landed is not None, "the transaction did not land"
        return landed

    def done(self, instructions: Sequence[Instruction], *signers: Keypair) -> Landed:
        """As `land`, and it must succeed."""
        landed = self.land(instructions, *signers)
        assert landed.err is None, (landed.err, landed.logs)
        return landed

    def balance(self, owner: Pubkey) -> int:
        account = self.chain.bank.account(owner)
        return 0 if account is None else account.lamports

    def tokens(self, owner: Pubkey, mint: Pubkey, program: Pubkey = TOKEN_2022_ID) -> int:
        account = self.chain.bank.account(token_account(owner, mint, program))
        return 0 if account is None else int.from_bytes(bytes(account.data[64:72]), "little")

    def coin(self, creator: Keypair, name: str = "coin", *, is_cashback: bool = False) -> "Coin":
        mint = person(f"mint {name}")
        words = (f"Tiny {name}", name.upper(), f"https://metadata.invalid/{name}")
        make = launching.create_v2(mint.pubkey(), creator.pubkey(), creator.pubkey(), words, is_cashback=is_cashback)
        landed = self.done([make], creator, mint)
        facts = CurveFacts(
            mint=mint.pubkey(), creator=creator.pubkey(), token_program=TOKEN_2022_ID, is_cashback=is_cashback
        )
        return Coin(self, facts, landed)


@dataclass
class Coin:
    stage: Stage
    facts: CurveFacts
    made: Landed

    @property
    def mint(self) -> Pubkey:
        return self.facts.mint

    def accounts(self, user: Keypair) -> CurveAccounts:
        return curve_accounts(self.facts, user.pubkey(), RECIPIENTS)

    def open(self, user: Keypair) -> Instruction:
        return open_token_account(user.pubkey(), user.pubkey(), self.mint, TOKEN_2022_ID)

    def state(self) -> BondingCurve:
        return self._account(bonding_curve(self.mint), BondingCurve)

    def curve(self) -> Curve:
        """As `core.market` has it."""
        now = self.state()
        return Curve(
            now.virtual_quote_reserves,
            now.virtual_token_reserves,
            now.real_quote_reserves,
            now.real_token_reserves,
            now.complete,
        )

    def graduate(self, user: Keypair) -> Landed:
        """Buy the whole curve and migrate it."""
        spend = 100 * LAMPORTS_PER_SOL
        bought = curve_orders.buy_exact_quote_in_v2(self.accounts(user), spend, 1)
        self.stage.done([self.open(user), bought], user)
        return self.stage.done([launching.migrate(self.mint, user.pubkey())], user)

    def pool_facts(self) -> PoolFacts:
        address = canonical_pool(self.mint)
        return pool_facts(address, self._account(address, Pool), TOKEN_2022_ID, TOKEN_ID)

    def pool_accounts(self, user: Keypair) -> PoolAccounts:
        return pool_accounts(self.pool_facts(), user.pubkey(), RECIPIENTS)

    def pool(self) -> MarketPool:
        """As `core.market` has it."""
        facts = self.pool_facts()
        base, quote = (self._amount(vault) for vault in (facts.base_vault, facts.quote_vault))
        return MarketPool(base, quote, facts.virtual_quote_reserves)

    def wrapped(self, user: Keypair, lamports: int) -> list[Instruction]:
        """The accounts that a trade in the pool needs, with so much wrapped SOL."""
        return [*wrap(user.pubkey(), lamports), self.open(user)]

    def _amount(self, address: Pubkey) -> int:
        account = self.stage.chain.bank.account(address)
        assert account is not None
        return int.from_bytes(bytes(account.data[64:72]), "little")

    def _account(self, address: Pubkey, kind: type[T]) -> T:
        account = self.stage.chain.bank.account(address)
        assert account is not None
        found = decode_account(bytes(account.data))
        assert isinstance(found, kind)
        return found


def events(landed: Landed) -> list[Event]:
    """Events in the log, as the product's decoder reads them."""
    lines, truncated = data_lines(landed.logs)
    assert not truncated
    return [decode_event(program, b64decode(text)) for program, text in lines]


def code(landed: Landed) -> int | None:
    """The custom error of the instruction that failed."""
    if landed.err is None:
        return None
    what = landed.err["InstructionError"][1]
    return int(what["Custom"]) if isinstance(what, dict) else None
