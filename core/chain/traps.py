"""What in a mint's Token-2022 extensions can keep a holder from selling, or take the tokens away (rules.md §3).

A power that is not used yet counts as used: whoever holds the authority can use it after we have bought.
"""

from core.chain.tokens import Extension, Mint

_KNOWN = frozenset(int(kind) for kind in Extension)


def traps(mint: Mint) -> tuple[str, ...] | None:
    """Names as in `TokenFacts.extensions`. None: there is an extension that is not known here, so nobody can say."""
    if not mint.kinds <= _KNOWN:
        return None
    found = {
        "transfer_hook": mint.transfer_hook_program is not None or mint.transfer_hook_authority is not None,
        "transfer_fee": mint.transfer_fee_bps > 0 or mint.transfer_fee_authority is not None,
        "permanent_delegate": mint.permanent_delegate is not None,
        "default_frozen": mint.is_default_frozen,
        "non_transferable": mint.is_non_transferable,
        "pausable": mint.is_pausable,
    }
    return tuple(name for name, there in found.items() if there)
