"""`wallets sweep` against a node that runs real transactions: nothing stays behind, and every lamport is booked."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import gevent
import pytest
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from actors.adapters import journal_reading
from actors.adapters.journal_store import JournalStore
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from actors.adapters.state_directory import StateDirectory
from commands import carrying
from core.chain.build import curve
from core.ledger.audit import audit
from core.ledger.fold import fold
from core.ledger.postings import of_capital
from core.records import CapitalOpened
from core.types import Role
from localnet import genesis
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node
from tests.commands.here import Done, Here
from tests.localnet.stage import Stage, person

COLD = str(person("cold").pubkey())
HELD = dict(zip(Role, (50_000_000, 43_750_000, 56_250_000, 50_000_000, 50_000_000), strict=True))


class World:
    """A keystore with funded wallets of generation 0, and a node in real time."""

    def __init__(self, here: Here, folder: Path) -> None:
        self.here, self.folder = here, folder
        self.node = Node(pace=Pace(slot_s=0.05, finalized_slots=4))
        self.stage = Stage()
        self.stage.chain = self.node.chain
        self.given = {
            "MICRO_PASSPHRASE": "a long enough one",
            "MICRO_KEYSTORE_COST": "cheap",
            "SOLANA_RPC_URL": self.node.url,
            "MICRO_RPC_BUDGET_CALLS": "100000",
        }
        self.signer = Signer(Secret(self("wallets", "init", "--print-words").stdout.splitlines()[0]))
        self.file = folder / ".env.micro-lightning"
        self.file.write_text(f"MICRO_COLD_ADDRESS={COLD}\n")
        for role, lamports in HELD.items():
            self.put(0, role, lamports)

    def __call__(self, *arguments: str, terminal: str = "") -> Done:
        return self.here(*arguments, terminal=terminal, **self.given)

    def put(self, generation: int, role: Role, lamports: int) -> None:
        self.node.chain.bank.put(self.signer.wallet(generation, role).pubkey(), genesis.wallet(lamports))

    def done(self, instructions: Sequence[Instruction], signer: Keypair) -> None:
        """Carried out, and confirmed: before that the node does not show it to whom reads confirmed accounts."""
        landed = self.stage.done(instructions, signer)
        while self.node.chain.slot_seen("confirmed") < landed.slot:
            gevent.sleep(0.01)

    def left(self, generations: int = 3) -> dict[str, int]:
        """Lamports of our wallets, where there are any."""
        every = [(number, role) for number in range(generations) for role in Role]
        found = {f"{role} {number}": self.balance(self.signer.wallet(number, role).pubkey()) for number, role in every}
        return {name: lamports for name, lamports in found.items() if lamports}

    def balance(self, key: Pubkey) -> int:
        return self.stage.balance(key)


@pytest.fixture
def world(here: Here, tmp_path: Path) -> Iterator[World]:
    made = World(here, tmp_path)
    made.node.start()
    with gevent.Timeout(120):
        yield made
    made.node.stop()


def test_everything_of_every_generation_goes_to_the_address_that_was_typed(world: World) -> None:
    world.put(1, Role.LIGHTNING, 3_000_000)
    world.put(1, Role.PSYCHOLOGY, 20_000)  # less than a transfer costs: it stays
    coin = world.stage.coin(world.stage.rich("creator"))
    holder = world.signer.wallet(0, Role.LIGHTNING)._pair
    world.done([coin.open(holder)], holder)
    before = sum(world.left().values())

    refused = world("wallets", "sweep")
    other = world("wallets", "sweep", terminal=f"{person('thief').pubkey()}\n")
    assert (refused.returncode, other.returncode) == (2, 2)
    assert "a person must type it once" in refused.stderr
    assert "that is another address" in other.stderr
    assert sum(world.left().values()) == before

    done = world("wallets", "sweep", terminal=f"{COLD}\n")

    assert done.returncode == 0, done.stderr
    assert "6 transactions" in done.stdout
    assert world.left() == {"psychology 1": 20_000}
    got, fees = world.balance(person("cold").pubkey()), 6 * 25_000 + 4 * 5_000
    # The rent of the empty token account came along.
    assert got == before - 20_000 + 2_074_080 - fees
    again = world("wallets", "sweep", terminal=f"{COLD}\n")
    assert "0.000000000 SOL in 0 transactions" in again.stdout


def test_wallets_that_hold_tokens_are_not_touched(world: World) -> None:
    coin = world.stage.coin(world.stage.rich("creator"))
    holder = world.signer.wallet(0, Role.REENTRY)._pair
    buy = curve.buy_exact_quote_in_v2(coin.accounts(holder), 5_000_000, 1)
    world.done([coin.open(holder), buy], holder)
    before = world.left()
    done = world("wallets", "sweep", terminal=f"{COLD}\n")
    assert done.returncode == 2
    assert "the wallets hold tokens" in done.stderr
    assert str(coin.mint) in done.stderr
    assert world.left() == before


def live_journal(world: World) -> Path:
    path = world.folder / "state" / "journal.db"
    store = JournalStore(path)
    opened = CapitalOpened(at_s=1_000.0, mode="live", seed=1, capital_usd=20.0, sol_usd=80.0, postings=of_capital(HELD))
    store.append([opened], durable=True).get()
    store.close()
    return path


def test_beside_a_live_journal_every_lamport_is_booked_and_the_address_is_asked_for_once(world: World) -> None:
    path = live_journal(world)
    confirmed = world("wallets", "confirm-cold", terminal=f"{COLD}\n")
    assert confirmed.returncode == 0, confirmed.stderr
    assert world("wallets", "confirm-cold").stdout == f"{COLD} is confirmed already.\n"

    done = world("wallets", "sweep")

    assert done.returncode == 0, done.stderr
    entries = journal_reading.read(path).entries
    books = fold(entries)
    assert audit(entries, None).ok
    assert {role: books.balance(role) for role in Role} == dict.fromkeys(Role, 0)
    assert books.accounts["cold"] == world.balance(person("cold").pubkey())
    assert books.accounts["treasury"] == sum(HELD.values()) - books.accounts["cold"]
    assert len(books.signatures) == 5
    assert not books.orders


def test_an_interrupted_sweep_goes_on_and_sends_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = live_journal(world)
    assert world("wallets", "confirm-cold", terminal=f"{COLD}\n").returncode == 0
    # Nothing that is sent lands, and the patience ends before the blockhash's life: as a crash after the send.
    world.node.chain.set_switches(Switches(loss_pct=100))
    monkeypatch.setattr(carrying, "PATIENCE_S", 1.0)
    cut = world("wallets", "sweep")
    assert cut.returncode == 1
    assert "neither landed nor lost" in cut.stderr
    assert len(fold(journal_reading.read(path).entries).orders) == 1

    world.node.chain.set_switches(Switches())
    monkeypatch.setattr(carrying, "PATIENCE_S", 60.0)
    done = world("wallets", "sweep")
    for _ in range(3):  # a signature that had expired meanwhile is settled as such, and asked for anew
        if done.returncode == 0:
            break
        done = world("wallets", "sweep")
    assert done.returncode == 0, done.stderr
    books = fold(journal_reading.read(path).entries)
    assert world.left() == {}
    assert books.accounts["cold"] == world.balance(person("cold").pubkey())
    assert not books.orders


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "MICRO_COLD_ADDRESS is not set"),
        ("MICRO_COLD_ADDRESS={ours}\n", "is one of our own wallets"),
        ("MICRO_COLD_ADDRESS=nonsense\n", "is no Solana address"),
    ],
)
def test_a_destination_that_cannot_be_meant(world: World, line: str, says: str) -> None:
    world.file.write_text(line.format(ours=world.signer.address(2, Role.LIGHTNING)))
    for command in ("sweep", "confirm-cold"):
        done = world("wallets", command, terminal=f"{COLD}\n")
        assert done.returncode == 2
        assert says in done.stderr


@pytest.mark.parametrize("command", [("wallets", "sweep"), ("exit-all",)])
def test_keys_that_another_process_trades_with_are_left_alone(world: World, command: tuple[str, ...]) -> None:
    other = StateDirectory(world.folder / "a copy")
    other.claim(world.signer.address(0, Role.LIGHTNING))
    before = world.left()

    done = world(*command, terminal=f"{COLD}\n")
    other.unlock()

    assert done.returncode == 2
    assert "from another state directory; stop it first" in done.stderr
    assert world.left() == before
    assert world("exit-all").returncode == 0
