"""Which wallet sets a mnemonic has ever used: it alone restores everything (rules.md §1). Pure: the caller looks."""

from collections.abc import Callable

from core.types import Role

EMPTY_IN_A_ROW = 3
INDEXES = 8
"""Derivation indexes of one generation: five are used, three kept for roles to come."""


def derivation_path(generation: int, role: Role) -> str:
    """BIP-44 of a wallet, every level hardened, as `solana-keygen` and phone wallets derive their accounts."""
    return f"m/44'/501'/{INDEXES * generation + list(Role).index(role)}'/0'"


def used_generations(is_used: Callable[[int], bool]) -> tuple[int, ...]:
    """Generations with a trace on chain, from 0 on until three in a row have none.

    `is_used`: whether any of a generation's five wallets has a balance, a token account or a transaction.
    """
    used, empty, generation = list[int](), 0, 0
    while empty < EMPTY_IN_A_ROW:
        if is_used(generation):
            used.append(generation)
            empty = 0
        else:
            empty += 1
        generation += 1
    return tuple(used)
