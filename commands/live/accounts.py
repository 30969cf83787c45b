"""Our accounts on a live chain as the audit compares them: no key is needed to look."""

from actors.adapters.onchain.reading import read_view
from actors.adapters.onchain.wallets import WatchedWallets
from actors.adapters.rpc.node import Node
from commands.keys import vault_of
from commands.nodes import client_of, node_urls
from core.errors import Refused
from core.ledger.audit import ChainState
from core.ledger.books import Books
from core.ledger.chain_view import ChainView
from core.ledger.reconciliation import rent_of_ours
from core.settings import Settings
from core.types import Role


def live_chain(settings: Settings, settings_file: str | None, books: Books) -> ChainState:
    """What the configured nodes say of us. Raises Refused, RpcError."""
    urls = node_urls(settings_file)
    if not urls:
        raise Refused("the journal is of live trading: set SOLANA_RPC_URL, so that it can be compared with the chain")
    listed = vault_of(settings).addresses()
    wallets = WatchedWallets()
    for generation in range(books.generation + 2):
        wallets.learn(generation, listed.of(generation))
    client = client_of(settings, urls)
    try:
        view = read_view(Node(client), wallets, books, histories=False)
    finally:
        client.close()
    return state_of(books, view)


def state_of(books: Books, view: ChainView) -> ChainState:
    """The view by the books' account names, without what others sent us."""
    accounts = {f"wallet:{role}": view.lamports.get(role, 0) for role in Role}
    holdings: dict[str, dict[Role, int]] = {}
    for mint, roles in view.tokens().items():
        ours = {role: tokens - books.foreign.get(mint, {}).get(role, 0) for role, tokens in roles.items()}
        ours = {role: tokens for role, tokens in ours.items() if tokens}
        if ours:
            holdings[mint] = ours
    return ChainState(
        accounts=accounts | {"rent": sum(rent_of_ours(books, view).values())},
        holdings=holdings,
        landed=view.outcomes,
    )
