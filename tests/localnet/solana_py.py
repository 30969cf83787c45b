"""solana-py's own clients against a local node, under asyncio and unpatched: python solana_py.py HTTP_URL WS_URL.

Prints what happened as one line of JSON.
"""

import asyncio
import json
import sys

from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Processed
from solana.rpc.websocket_api import SolanaWsClient
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.rpc.config import RpcTransactionLogsFilterMentions
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

PUMP = Pubkey.from_string("6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P")


async def main(url: str, socket_url: str) -> dict[str, object]:
    user, to = Keypair(), Keypair().pubkey()
    said: dict[str, object] = {}
    async with AsyncClient(url) as client, SolanaWsClient(socket_url) as listener:
        said["connected"] = await client.is_connected()
        airdrop = (await client.request_airdrop(user.pubkey(), 10**10)).value
        await client.confirm_transaction(airdrop, Confirmed, sleep_seconds=0.02)
        mentions = RpcTransactionLogsFilterMentions(user.pubkey())
        await listener.logs_subscribe(filter_=mentions, commitment=Processed)
        blockhash = (await client.get_latest_blockhash(Confirmed)).value.blockhash
        paid = transfer(TransferParams(from_pubkey=user.pubkey(), to_pubkey=to, lamports=10**9))
        transaction = VersionedTransaction(MessageV0.try_compile(user.pubkey(), [paid], [], blockhash), [user])
        tried = (await client.simulate_transaction(transaction, commitment=Confirmed)).value
        said["simulated"] = tried.err is None and bool(tried.logs)
        signature = (await client.send_transaction(transaction)).value
        said["heard"] = str(signature) in str(await listener.recv())
        await client.confirm_transaction(signature, Confirmed, sleep_seconds=0.02)
        answer = await client.get_transaction(signature, commitment=Confirmed, max_supported_transaction_version=0)
        landed = answer.value
        assert landed is not None
        assert landed.transaction.meta is not None
        said["fee"] = landed.transaction.meta.fee
        said["balance"] = (await client.get_balance(to, Confirmed)).value
        listed = (await client.get_signatures_for_address(user.pubkey(), commitment=Confirmed)).value
        said["listed"] = [str(one.signature) for one in listed] == [str(signature), str(airdrop)]
        (status,) = (await client.get_signature_statuses([signature], search_transaction_history=True)).value
        said["status"] = status is not None and status.err is None
        program = (await client.get_account_info(PUMP)).value
        said["program"] = program is not None and program.executable
        said["rent"] = (await client.get_minimum_balance_for_rent_exemption(165)).value
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(*sys.argv[1:3]))) + "\n")
