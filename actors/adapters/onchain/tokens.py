"""What is known of the tokens that we trade, so that a transaction can be built without a call to a node.

An entry is built from what its candidate's facts were read from, at most some seconds ago; an exit from whatever was
known last, and read anew once it has failed.
"""

from time import monotonic

from actors.adapters.chain.tokens import TokenState, read_token
from actors.adapters.rpc.node import Node
from core.errors import Refused
from core.types import Venue

KEPT = 512
ENTRY_MAX_AGE_S = 5.0
"""Facts are at most 2 s old at the decision (chain.md); what is older than this was not read for this entry."""


class TokenMemory:
    """Written by whoever reads tokens, read by whoever builds transactions."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._states: dict[str, tuple[TokenState, float]] = {}

    def see(self, state: TokenState) -> None:
        mint = str(state.address)
        if mint not in self._states and len(self._states) >= KEPT:
            for oldest in list(self._states)[: KEPT // 8]:
                del self._states[oldest]
        self._states[mint] = (state, monotonic())

    def for_entry(self, mint: str) -> TokenState:
        """Without a call. Refused where nothing fresh is known."""
        state, at_s = self._states.get(mint, (None, 0.0))
        if state is None or monotonic() - at_s > ENTRY_MAX_AGE_S:
            raise Refused(f"the accounts of {mint} were not read lately: nothing is bought blindly")
        return state

    def for_exit(self, mint: str, venue: Venue | None) -> TokenState:
        """What is known, read now where nothing is, or where the order means another venue. Raises RpcError."""
        state, _ = self._states.get(mint, (None, 0.0))
        if state is None or state.venue is None or (venue is not None and state.venue is not venue):
            state = self.read(mint)
        return state

    def read(self, mint: str) -> TokenState:
        """Read it now, with the budget of exits."""
        state = read_token(self._node, mint, for_exit=True)
        self.see(state)
        return state

    def doubt(self, mint: str) -> None:
        """A transaction built from what is known has failed: the next one reads it anew."""
        self._states.pop(mint, None)
