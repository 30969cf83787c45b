"""A node of our own in this process, one coin that people trade, and our venue in front of it, over real HTTP."""

import struct
from collections.abc import Callable, Sequence

import gevent
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from actors.adapters.chain.keepers import BlockhashKeeper, TipKeeper
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import read_token
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.reading import read_view
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.tracking import Tracker
from actors.adapters.onchain.venue import SolanaVenue
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node as Rpc
from core.chain.build import curve as curve_orders
from core.chain.build.addresses import TOKEN_2022_ID, token_account
from core.chain.build.curve import curve_accounts
from core.chain.build.facts import CurveFacts, Recipients
from core.chain.build.funds import compute_budget, open_token_account, transfer
from core.chain.decode import Decoder
from core.ledger import postings
from core.ledger.books import Books
from core.ledger.chain_view import ChainView
from core.ledger.fold import apply
from core.ledger.reconciliation import Reconciled, reconcile
from core.messages import Message, Order, Settlement, SubmitOrder
from core.ports import Signed
from core.records import AnyRecord, CapitalOpened, OrderIntended, OrderSettled, OrderSigned
from core.rules.rpc_budget import RpcBudgetRule
from core.settings import Settings
from core.state.market_now import MarketNow
from core.types import Purpose, Role, Side, Venue
from localnet import genesis, launching
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node

TRANSFER_CHECKED = 12
"""Number of the token program's instruction."""
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SOL = 1_000_000_000
FUNDS = SOL // 4
RECIPIENTS = Recipients(genesis.key(genesis.FEE_RECIPIENTS[3]), genesis.key(genesis.BUYBACK_RECIPIENTS[2]))


class Street:
    """Slots pass only by `pass_slots`. The books are folded here, as the executor would have them written."""

    def __init__(
        self,
        switches: Switches | None = None,
        *,
        engine_urls: Sequence[str] = (),
        is_cashback: bool = False,
        budget: RpcBudgetRule | None = None,
    ) -> None:
        self.is_cashback = is_cashback
        self.node = Node(pace=Pace(slot_s=0.4, finalized_slots=4), switches=switches)
        self.node.start(ticking=False)
        settings = Settings()
        self.client = RpcClient([self.node.url], settings.rpc, budget or settings.rpc_budget)
        self.rpc = Rpc(self.client)
        self.books = Books()
        self.records: list[AnyRecord] = []
        self.market = MarketNow()
        self.wallets = OurWallets(Signer(Secret(WORDS)), 0)
        self.tokens = TokenMemory(self.rpc)
        self.programs = ProgramSettings(self.rpc, 1, every_s=60.0)
        self.blockhash = BlockhashKeeper(self.rpc, settings.rpc)
        self.tracker = Tracker(self.rpc, self.wallets, Decoder(), lambda: self.books, lambda: self.market.slot)
        self.lanes = Lanes(self.client, settings.rpc, settings.rpc_budget, engine_urls=engine_urls)
        self.tips = TipKeeper(self.lanes)
        builder = Builder(self.rpc, self.wallets, self.tokens, self.programs, self.tips.accounts)
        self.venue = SolanaVenue(self.rpc, self.blockhash, builder, self.tokens, self.tracker, self.lanes)
        self.told: list[Message] = []
        self.venue._tell = lambda _, message: self.told.append(message)  # without its own greenlet
        self.people = [self._rich(f"person {number}") for number in range(3)]
        self.mint = self._launched()
        for role in Role:
            self.node.chain.bank.put(self.wallets.pubkey(role, 0), genesis.wallet(FUNDS))
        self.node.chain.bank.put(self.wallets.pubkey(Role.LIGHTNING, 0), genesis.wallet(FUNDS))
        self.pass_slots(6)
        opened = CapitalOpened(
            at_s=1.0,
            mode="live",
            seed=1,
            capital_usd=100.0,
            sol_usd=80.0,
            postings=postings.of_capital(dict.fromkeys(Role, FUNDS)),
        )
        self.write(opened)
        self.refresh()

    def close(self) -> None:
        self.client.close()
        self.node.stop()

    def refresh(self) -> None:
        """As the keepers do."""
        self.programs.refresh()
        self.blockhash.refresh(0.0, self.market)
        self.tokens.see(read_token(self.rpc, self.mint))

    def write(self, *records: AnyRecord) -> None:
        for record in records:
            self.books = apply(self.books, record)
            self.records.append(record)

    def pass_slots(self, count: int = 1) -> None:
        for _ in range(count):
            self.node.advance()
        self.market.slot = self.node.chain.slot

    # Our orders.

    def signed(self, order: Order) -> Signed:
        """Intended, signed and journaled; not sent."""
        self.write(OrderIntended(at_s=2.0, order=order))
        one = self.venue.sign(order, self.market.slot)
        self.write(
            OrderSigned(
                at_s=2.0,
                order_id=order.id,
                signature=one.signature,
                last_valid_slot=one.last_valid_slot,
                raw=one.raw,
                last_valid_block_height=one.last_valid_block_height,
            )
        )
        return one

    def submit_of(self, order: Order, one: Signed) -> SubmitOrder:
        return SubmitOrder(
            order=order,
            signature=one.signature,
            last_valid_slot=one.last_valid_slot,
            raw=one.raw,
            last_valid_block_height=one.last_valid_block_height,
        )

    def send(self, order: Order, one: Signed) -> None:
        """As the venue does for the executor, and until the bytes are with the node."""
        submit = self.submit_of(order, one)
        assert not self.venue.is_absent(submit, self.market.slot)
        self.venue.submit(order, one.signature, one.last_valid_slot, one.raw)
        self.until(lambda: not self.venue._sending)

    def done(self, order: Order) -> Settlement:
        """The order from intent to booked settlement."""
        one = self.signed(order)
        self.send(order, one)
        return self.settled(order, one)

    def settled(self, order: Order, one: Signed, slots: int = 8) -> Settlement:
        for _ in range(slots):
            self.pass_slots()
            self.tracker.look()
            settlement = self.venue.status(one.signature)
            if settlement is not None:
                self.book(order, settlement)
                return settlement
        raise AssertionError("it did not land")

    def book(self, order: Order, settlement: Settlement) -> None:
        self.write(
            OrderSettled(
                at_s=3.0,
                order_id=order.id,
                outcome="failed" if settlement.error else "filled",
                error=settlement.error,
                settlement=settlement,
                postings=postings.of_settlement(order, settlement),
            )
        )

    def view(self) -> ChainView:
        return read_view(self.rpc, self.wallets, self.books)

    def compared(self) -> Reconciled:
        """Book and chain, once everything is confirmed."""
        self.pass_slots(6)
        return reconcile(self.books, self.view())

    def until(self, is_so: Callable[[], bool]) -> None:
        with gevent.Timeout(10):
            while not is_so():
                gevent.sleep(0.001)

    # Other people.

    def land(self, instructions: list[Instruction], *signers: Keypair) -> None:
        blockhash = Hash.from_string(self.node.chain.blockhash_seen("processed")[0])
        message = MessageV0.try_compile(
            signers[0].pubkey(), [*compute_budget(1_000_000, 0), *instructions], [], blockhash
        )
        landed = self.node.chain.run(VersionedTransaction(message, list(signers)))
        assert landed is not None
        assert landed.err is None, landed.logs
        self.pass_slots()

    def buys(self, person: Keypair, lamports: int) -> None:
        facts = self.facts()
        accounts = curve_accounts(facts, person.pubkey(), RECIPIENTS)
        opened = open_token_account(person.pubkey(), person.pubkey(), facts.mint, TOKEN_2022_ID)
        self.land([opened, curve_orders.buy_exact_quote_in_v2(accounts, lamports, 1)], person)

    def gives(self, person: Keypair, to: Pubkey, lamports: int) -> None:
        self.land([transfer(person.pubkey(), to, lamports)], person)

    def dusts(self, role: Role, tokens: int) -> None:
        """Somebody sends units of the coin to our account for it, which is opened where it is not."""
        giver, to, mint = self.people[1], self.wallets.pubkey(role, 0), Pubkey.from_string(self.mint)
        accounts = [
            AccountMeta(token_account(giver.pubkey(), mint, TOKEN_2022_ID), is_signer=False, is_writable=True),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(token_account(to, mint, TOKEN_2022_ID), is_signer=False, is_writable=True),
            AccountMeta(giver.pubkey(), is_signer=True, is_writable=False),
        ]
        moved = Instruction(TOKEN_2022_ID, struct.pack("<BQB", TRANSFER_CHECKED, tokens, 6), accounts)
        self.land([open_token_account(giver.pubkey(), to, mint, TOKEN_2022_ID), moved], giver)

    def graduates(self) -> None:
        """Others buy all that is left, and the curve becomes a pool."""
        for _ in range(2):
            self.buys(self.people[2], 30 * SOL)
        self.land([launching.migrate(Pubkey.from_string(self.mint), self.people[0].pubkey())], self.people[0])
        self.pass_slots(4)

    def facts(self) -> CurveFacts:
        return CurveFacts(
            mint=Pubkey.from_string(self.mint),
            creator=self.people[0].pubkey(),
            token_program=TOKEN_2022_ID,
            is_cashback=self.is_cashback,
        )

    def tokens_of(self, role: Role, generation: int = 0) -> int:
        owner = self.wallets.pubkey(role, generation)
        account = self.node.chain.bank.account(token_account(owner, Pubkey.from_string(self.mint), TOKEN_2022_ID))
        return 0 if account is None else int.from_bytes(bytes(account.data[64:72]), "little")

    def _rich(self, name: str) -> Keypair:
        made = Keypair.from_seed(name.encode().ljust(32, b"\0"))
        self.node.chain.bank.put(made.pubkey(), genesis.wallet(10_000 * SOL))
        return made

    def _launched(self) -> str:
        mint = Keypair.from_seed(b"a coin".ljust(32, b"\0"))
        creator = self.people[0]
        words = ("Tiny", "TINY", "https://metadata.invalid/tiny")
        self.pass_slots()
        made = launching.create_v2(
            mint.pubkey(), creator.pubkey(), creator.pubkey(), words, is_cashback=self.is_cashback
        )
        self.land([made], creator, mint)
        self.mint = str(mint.pubkey())
        self.buys(self.people[1], 40 * SOL)
        return self.mint


def buy(street: Street, lamports: int = SOL // 20, **changes: object) -> Order:
    fields: dict[str, object] = {
        "id": "entry.op1.1",
        "purpose": Purpose.ENTRY,
        "role": Role.LIGHTNING,
        "payer": Role.LIGHTNING,
        "operation_id": "op1",
        "mint": street.mint,
        "symbol": "TINY",
        "side": Side.BUY,
        "venue": Venue.CURVE,
        "lamports": lamports,
        "limit": 1,
        "priority_lamports": 20_000,
        "token_2022": True,
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]  # the fields of an order


def sale(street: Street, tokens: int, number: int = 1, **changes: object) -> Order:
    fields: dict[str, object] = {
        "id": f"exit.op1.lightning.{number}",
        "purpose": Purpose.EXIT,
        "role": Role.LIGHTNING,
        "payer": Role.LIGHTNING,
        "operation_id": "op1",
        "mint": street.mint,
        "side": Side.SELL,
        "venue": Venue.CURVE,
        "tokens": tokens,
        "limit": 1,
        "priority_lamports": 20_000,
        "token_2022": True,
        "close_account": True,
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]  # the fields of an order
