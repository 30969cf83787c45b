"""Empties every wallet of every generation to one address: a journaled transaction each, the same bytes until known."""

from base64 import b64decode
from collections.abc import Sequence

from msgspec.structs import replace

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.keys.signer import Signer
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.node import Node
from commands.carrying import Carrier, Ledger
from core.chain.build.signing import SignedTransaction
from core.errors import Refused, Retryable
from core.messages import Order, Settlement
from core.rules.network_fee import fee_lamports
from core.settings import Settings
from core.types import Purpose, Role

ORDER = (Role.LIGHTNING, Role.REENTRY, Role.PSYCHOLOGY, Role.TACTICAL_EXIT, Role.EMERGENCY_GAS)
"""emergency_gas pays the others' fees, so it goes last."""


class Emptying:
    """`newest`: the newest generation in use. The one after it is emptied too: a rotation may have been under way."""

    def __init__(
        self,
        settings: Settings,
        client: RpcClient,
        signer: Signer,
        ledger: Ledger,
        *,
        newest: int,
        cold: str,
        send_urls: Sequence[str] = (),
    ) -> None:
        self._node = Node(client)
        self._ledger, self._cold, self._newest = ledger, cold, newest
        self._wallets = OurWallets(signer, newest)
        self._carrier = Carrier(settings, client, self._wallets, send_urls=send_urls)
        programs = ProgramSettings(self._node, settings.runtime.seed, every_s=settings.rpc.programs_every_s)
        self._builder = Builder(self._node, self._wallets, TokenMemory(self._node), programs)
        self._priority_lamports = settings.mining.priority_floor_lamports
        self._number = 0

    def run(self) -> list[int]:
        """Lamports of each transaction. Raises Refused (before anything is sent: tokens are held), or Retryable."""
        self._resume()
        self._check_tokens()
        sent = [self._empty(role, number) for number in range(self._newest + 2) for role in ORDER]
        return [lamports for lamports in sent if lamports]

    def _resume(self) -> None:
        """What an interrupted sweep had signed ends first."""
        for one in tuple(self._ledger.books.orders.values()):
            if one.order.sweep and one.signature:
                signed = SignedTransaction(b64decode(one.raw), one.signature, one.last_valid_block_height)
                height = one.last_valid_block_height
                self._judge(one.order, self._carrier.finish(one.order, signed, height, self._ledger))

    def _check_tokens(self) -> None:
        foreign = self._ledger.books.foreign
        held = [
            f"{one.token.amount} of {one.token.mint} in {wallet.role} {wallet.generation}"
            for address, wallet in self._wallets.addresses()
            for one in self._node.token_accounts(address).holdings
            if one.token.amount and one.token.mint not in foreign
        ]
        if held:
            raise Refused(f"the wallets hold tokens ({'; '.join(held)}); sell them first: start live, or exit-all")

    def _empty(self, role: Role, generation: int) -> int:
        """What left this wallet; 0 where there was nothing, or too little to pay for leaving."""
        self._number += 1
        order = Order(
            id=f"{Purpose.COLD}.sweep{self._ledger.books.seq}.{self._number}",
            purpose=Purpose.COLD,
            role=role,
            payer=role,
            to_address=self._cold,
            priority_lamports=self._priority_lamports,
            generation=generation,
            sweep=True,
        )
        paid_for = replace(order, payer=Role.EMERGENCY_GAS)
        if role is not Role.EMERGENCY_GAS and self._balance(Role.EMERGENCY_GAS, generation) > 2 * fee_lamports(
            paid_for
        ):
            order = paid_for
        order = replace(order, lamports=self._builder.everything(order))
        if order.lamports <= 0:
            return 0
        signed = self._builder.build(order, self._node.latest_blockhash())
        self._judge(order, self._carrier.carry(order, signed, self._ledger))
        return order.lamports

    def _judge(self, order: Order, settlement: Settlement | None) -> None:
        which = f"the transfer of {order.role} {order.generation}"
        if settlement is None:
            raise Retryable(f"{which} did not land; run the sweep again")
        if settlement.error:
            raise Retryable(f"{which} failed: {settlement.error}; run the sweep again")

    def _balance(self, role: Role, generation: int) -> int:
        read = self._node.accounts([self._wallets.address(role, generation)], "confirmed").accounts[0]
        return read.lamports if read is not None else 0
