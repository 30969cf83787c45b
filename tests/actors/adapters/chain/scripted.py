"""A chain with one coin on its curve, as a node's HTTP side tells it; what a simulation says is scripted."""

import json
from base64 import b64decode, b64encode
from typing import Any

from msgspec.structs import replace
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from actors.adapters.chain.accounts import ChainAccounts
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.rpc.node import Node
from core.chain.accounts import Account, BondingCurve, Global, GlobalConfig, Pool, decode_account, encode_account
from core.chain.build.addresses import CURVE_GLOBAL, POOL_GLOBAL, TOKEN_2022_ID, WSOL, bonding_curve, pool_authority
from core.chain.programs import PUMP, PUMPSWAP, SYSTEM, TOKEN, TOKEN_2022, account_discriminator
from core.chain.tokens import Entry, Mint, MintBase, TokenAccount, TokenAccountBase, encode_mint, encode_token_account
from core.chain.wire import log_lines
from core.market.curve import START, SUPPLY_UNITS
from core.market.pool import MIGRATED_BASE_UNITS
from tests.actors.adapters.rpc.server import NodeServer, client
from tests.chain.build.coins import MINT, POOL, POOL_ADDRESS, key, wallet
from tests.chain.build.test_facts import POOL as POOL_ACCOUNT
from tests.chain.states import TRADE

PAYER: Keypair = wallet("payer")
CURVE = BondingCurve(
    virtual_token_reserves=START.virtual_base,
    virtual_quote_reserves=START.virtual_quote,
    real_token_reserves=START.real_base,
    real_quote_reserves=0,
    token_total_supply=SUPPLY_UNITS,
    complete=False,
    creator=str(key("creator")),
    is_mayhem_mode=False,
    is_cashback_coin=False,
    quote_mint=SYSTEM,
)


def blank(name: str) -> Any:
    """A settings account of today's layout with nothing in it."""
    return decode_account(account_discriminator(name) + bytes(2_000))


def padded(name: str, places: int) -> tuple[str, ...]:
    return (str(key(name)), *[SYSTEM] * (places - 1))


CURVE_SETTINGS: Global = replace(
    blank("Global"),
    fee_recipient=str(key("first")),
    fee_recipients=padded("second", 7),
    reserved_fee_recipient=str(key("mayhem")),
    buyback_fee_recipients=padded("buyback", 8),
)
POOL_SETTINGS: GlobalConfig = replace(
    blank("GlobalConfig"),
    protocol_fee_recipients=padded("first", 8),
    buyback_fee_recipients=padded("buyback", 8),
)
CURVE_ADDRESS = bonding_curve(MINT)


def mint(authority: str | None = None, freeze: str | None = None, extensions: tuple[Entry, ...] = ()) -> Mint:
    return Mint(MintBase(authority, SUPPLY_UNITS, 6, True, freeze), extensions)


def held(owner: str, amount: int) -> bytes:
    return encode_token_account(TokenAccount(TokenAccountBase(str(MINT), owner, amount, None, 1, None, 0, None)))


class ScriptedChain(NodeServer):
    """`accounts` by address as (program, lamports, data). `simulated` is what a simulation answers."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, tuple[str, int, bytes]] = {}
        self.largest: list[tuple[str, int]] = []
        self.simulated: dict[str, Any] = {"err": None, "logs": [], "accounts": None, "unitsConsumed": 210_000}
        self.sent: list[VersionedTransaction] = []
        self.put(str(MINT), str(TOKEN_2022_ID), encode_mint(mint()))
        self.put_account(CURVE_ADDRESS, CURVE)
        self.put_account(CURVE_GLOBAL, CURVE_SETTINGS)
        self.put_account(POOL_GLOBAL, POOL_SETTINGS)
        self.put(str(PAYER.pubkey()), SYSTEM, b"", lamports=10**10)
        self.replies |= {
            "getMultipleAccounts": lambda params: self.at_slot([self._account(one) for one in params[0]]),
            "getTokenLargestAccounts": lambda _: self.at_slot(
                [{"address": at, "amount": str(amount), "decimals": 6} for at, amount in self.largest]
            ),
            "simulateTransaction": self._simulate,
        }
        self.client = client(self)
        self.node = Node(self.client)
        self.programs = ProgramSettings(self.node, 7, every_s=60.0)
        self.port = ChainAccounts(self.node, self.programs, PAYER.pubkey)

    def put(self, address: str, program: str, data: bytes, lamports: int = 1) -> None:
        self.accounts[address] = (program, lamports, data)

    def put_account(self, address: Pubkey, account: Account) -> None:
        program = PUMP if isinstance(account, BondingCurve | Global) else PUMPSWAP
        self.put(str(address), program, encode_account(account))

    def hold(self, name: str, amount: int, owner: str = "") -> None:
        """A token account among the largest, of `owner` or of somebody of that name."""
        address = str(key(f"account of {name}"))
        self.put(address, TOKEN_2022, held(owner or str(key(name)), amount))
        self.largest.append((address, amount))

    def graduate(self) -> None:
        """The curve is complete, and the canonical pool holds what it held."""
        self.put_account(CURVE_ADDRESS, replace(CURVE, complete=True, real_token_reserves=0))
        pool: Pool = replace(
            POOL_ACCOUNT,
            creator=str(pool_authority(MINT)),
            pool_base_token_account=str(POOL.base_vault),
            pool_quote_token_account=str(POOL.quote_vault),
            is_cashback_coin=False,
            virtual_quote_reserves=0,
        )
        self.put_account(POOL_ADDRESS, pool)
        self.put(str(POOL.base_vault), TOKEN_2022, held(str(POOL_ADDRESS), MIGRATED_BASE_UNITS))
        quote = TokenAccount(TokenAccountBase(str(WSOL), str(POOL_ADDRESS), 85 * 10**9, None, 1, None, 0, None))
        self.put(str(POOL.quote_vault), TOKEN, encode_token_account(quote))

    def will_trade(self, spent: int, fees: int, back: int, fees_back: int) -> None:
        """A simulation that buys and sells at these lamports."""
        buy = replace(TRADE, mint=str(MINT), is_buy=True, sol_amount=spent - fees, fee=fees, creator_fee=0, cashback=0)
        sale = replace(buy, is_buy=False, sol_amount=back + fees_back, fee=fees_back)
        self.simulated |= {"err": None, "logs": log_lines(PUMP, [buy, sale])}

    def will_fail(self, at: int, *logs: str, code: object = {"Custom": 6000}) -> None:
        """A simulation whose instruction `at` fails."""
        self.simulated |= {"err": {"InstructionError": [at, code]}, "logs": list(logs)}

    def close(self) -> None:
        self.client.close()
        self.stop()

    def _account(self, address: str) -> dict[str, object] | None:
        if address not in self.accounts:
            return None
        program, lamports, data = self.accounts[address]
        return {"owner": program, "lamports": lamports, "data": [b64encode(data).decode(), "base64"]}

    def _simulate(self, params: list[Any]) -> object:
        self.sent.append(VersionedTransaction.from_bytes(b64decode(params[0])))
        return self.at_slot(json.loads(json.dumps(self.simulated)))
