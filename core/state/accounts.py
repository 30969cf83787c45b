"""The port `Accounts` behind a name: one question, one answer. What the port cannot tell stays unknown."""

from core.effects import Effects, Now, Offer
from core.messages import FactsSeen, GetFacts
from core.ports import Accounts

State = Accounts


def begin(port: Accounts, now: Now) -> tuple[State, Effects]:
    return port, ()


def step(state: State, message: GetFacts, now: Now) -> tuple[State, Effects]:
    facts = state.facts(message.mint, message.stake_lamports)
    if facts is None:
        return state, ()
    # The asker may have ended while the question was on its way.
    return state, (Offer(message.reply_to, FactsSeen(facts=facts)),)
