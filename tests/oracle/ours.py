"""Our answers to the same states, in the form of the oracle's, and what of the two must be equal."""

import struct
from base64 import b64decode
from collections.abc import Callable, Sequence
from math import floor
from typing import Any, TypeVar

from solders.instruction import Instruction
from solders.pubkey import Pubkey

from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig, Pool, decode_account
from core.chain.build import curve as curve_build
from core.chain.build import legacy, orders
from core.chain.build import pool as pool_build
from core.chain.build.addresses import bonding_curve
from core.chain.build.facts import (
    Recipients,
    buyback_recipients,
    curve_facts,
    curve_fee_recipients,
    pool_facts,
    pool_fee_recipients,
)
from core.chain.instructions import decode_trade_call
from core.errors import Refused
from core.market import official, quotes
from core.market import pool as pool_market
from core.market.curve import Curve, tokens_for
from core.market.fees import FeeRates, net_of_fees
from core.market.schedules import curve_rates, curve_supply, pool_rates, pool_supply

T = TypeVar("T")
Plain = list[Any]


class Comparison:
    """Differences found in one state, what was compared, and what both sides found impossible."""

    def __init__(self, state: dict[str, Any], answer: dict[str, Any]) -> None:
        self.state = state
        self.theirs = answer
        self.differences: list[str] = []
        self.counts: dict[str, int] = {}

    def equal(self, name: str, ours: object, theirs: object) -> None:
        self.count(name)
        if ours != theirs:
            self.differences.append(f"state {self.state['id']} {name}: ours {ours}, theirs {theirs}")

    def count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def instructions(self, name: str, build: Callable[[], Sequence[Instruction]]) -> None:
        """The list must be theirs to the byte; where we refuse amounts they must have failed too."""
        theirs = self.theirs["instructions"][name]
        name = f"{self.state['kind']} {name}"
        try:
            ours = [plain(each) for each in build()]
        except Refused:
            self.equal(f"{name} refused", True, "error" in theirs)
        else:
            self.equal(name, ours, theirs)
            self.reads_back(ours)

    def reads_back(self, listed: list[Plain]) -> None:
        """What was built decodes as a trade of this wallet in this coin, with the amounts in its data."""
        for program, metas, data in listed:
            call = decode_trade_call(program, [key for key, _, _ in metas], bytes.fromhex(data))
            if call is not None:
                amounts = struct.unpack_from("<QQ", bytes.fromhex(data), 8)
                meant = (self.state["user"], self.mint, amounts)
                self.equal("reads back", (call.user, call.mint, (call.amount, call.limit)), meant)

    @property
    def mint(self) -> str:
        if self.state["kind"] == "curve":
            return str(self.state["mint"])
        return _account(Pool, self.state["market"]).base_mint


def plain(instruction: Instruction) -> Plain:
    metas = [[str(meta.pubkey), meta.is_signer, meta.is_writable] for meta in instruction.accounts]
    return [str(instruction.program_id), metas, instruction.data.hex()]


def compare(state: dict[str, Any], answer: dict[str, Any]) -> Comparison:
    comparison = Comparison(state, answer)
    (_compare_curve if state["kind"] == "curve" else _compare_pool)(comparison)
    return comparison


def _account(kind: type[T], text: str) -> T:
    account = decode_account(b64decode(text))
    assert isinstance(account, kind)
    return account


def _drawn(state: dict[str, Any], keys: Sequence[Pubkey]) -> Pubkey:
    position: float = state["random"] * len(keys)
    return keys[floor(position)]


def _fee_config(state: dict[str, Any]) -> FeeConfig | None:
    return None if state["feeConfig"] is None else _account(FeeConfig, state["feeConfig"])


def _compare_curve(c: Comparison) -> None:
    state = c.state
    settings, account = _account(Global, state["settings"]), _account(BondingCurve, state["market"])
    mint, user = Pubkey.from_string(state["mint"]), Pubkey.from_string(state["user"])
    programs = [Pubkey.from_string(state[name]) for name in ("tokenProgram", "quoteTokenProgram")]
    facts = curve_facts(mint, account, *programs)
    # The SDK draws this one from a list of its own, not from the settings.
    buyback = Pubkey.from_string(c.theirs["buyback"])
    recipients = Recipients(_drawn(state, curve_fee_recipients(settings, is_mayhem=facts.is_mayhem)), buyback)
    cost, proceeds = _compare_curve_quotes(c, settings, account)
    tokens, spend, least = (int(state[name]) for name in ("tokens", "spend", "floor"))
    most, worst = official.curve_most(cost, state["slippage"]), official.curve_least(proceeds, state["slippage"])

    now = curve_build.curve_accounts(facts, user, recipients)
    c.instructions("buy_v2", lambda: orders.curve_buy(facts, now, curve_build.buy_v2(now, tokens, most)))
    c.instructions("buy_exact_quote_in_v2", lambda: [curve_build.buy_exact_quote_in_v2(now, spend, least)])
    if proceeds >= 0:
        c.instructions("sell_v2", lambda: [curve_build.sell_v2(now, tokens, worst)])
    if facts.is_sol_quoted:
        then = legacy.legacy_accounts(facts, user, recipients)
        opened = orders.curve_buy(facts, now, legacy.buy(then, 1, 1))[0]
        c.instructions("buy", lambda: [opened, legacy.buy(then, tokens, most)])
        c.instructions("buy_exact_sol_in", lambda: [legacy.buy_exact_sol_in(then, spend, least)])
        if proceeds >= 0:
            c.instructions("sell", lambda: [legacy.sell(then, tokens, worst)])
    c.instructions("init_volume", lambda: [curve_build.init_volume_accumulator(user, user)])
    c.instructions("close_volume", lambda: [curve_build.close_volume_accumulator(user)])
    c.instructions("claim", lambda: [curve_build.claim_cashback(user)])
    claimed = (user, facts.quote_mint, facts.quote_token_program)
    c.instructions("claim_v2", lambda: [curve_build.claim_cashback_v2(*claimed)])
    c.instructions("extend", lambda: [curve_build.extend_account(bonding_curve(mint), user)])


def _compare_curve_quotes(c: Comparison, settings: Global, account: BondingCurve) -> tuple[int, int]:
    """Their cost of the tokens and their proceeds, after both were compared with ours."""
    state, theirs = c.state, {name: int(text) for name, text in c.theirs["quotes"].items()}
    tokens, spend, supply = (int(state[name]) for name in ("tokens", "spend", "supply"))
    market = Curve(
        account.virtual_quote_reserves,
        account.virtual_token_reserves,
        account.real_quote_reserves,
        account.real_token_reserves,
    )
    config = _fee_config(state)
    rates = curve_rates(settings, config, account, curve_supply(account, supply))
    bought = quotes.buy_exact_out(market, min(tokens, market.real_base), rates)
    assert bought is not None
    c.equal("curve exact-out quote", bought.total_lamports, theirs["cost"])

    # Exact-in takes the supply as it is given.
    as_given = curve_rates(settings, config, account, supply)
    c.equal("curve exact-in quote", official.curve_tokens(market, spend, as_given), theirs["bought"])
    _check_close_to_the_program(c, market, spend, theirs["bought"], as_given.total_bps)

    sold = quotes.sell(market, tokens, rates)
    gross = tokens * market.virtual_quote // (market.virtual_base + tokens)
    if sold is not None:
        c.equal("curve sale quote", sold.total_lamports, theirs["proceeds"])
    else:
        c.equal("curve sale refused", True, theirs["proceeds"] <= 0 or gross > market.real_quote)
    return theirs["cost"], theirs["proceeds"]


def _check_close_to_the_program(c: Comparison, market: Curve, spend: int, theirs: int, total_bps: int) -> None:
    """Their exact-in quote is what the program gives, or what up to four more units of the quote would buy."""
    rates = FeeRates(protocol_bps=total_bps, creator_bps=0)
    ours = min(tokens_for(market.virtual_quote, market.virtual_base, net_of_fees(spend, rates)), market.real_base)
    more = min(tokens_for(market.virtual_quote, market.virtual_base, net_of_fees(spend, rates) + 4), market.real_base)
    c.equal("curve exact-in near the program", True, ours <= theirs <= more)


def _compare_pool(c: Comparison) -> None:
    state, theirs = c.state, c.theirs["quotes"]
    settings, account = _account(GlobalConfig, state["settings"]), _account(Pool, state["market"])
    user = Pubkey.from_string(state["user"])
    programs = [Pubkey.from_string(state[name]) for name in ("tokenProgram", "quoteTokenProgram")]
    facts = pool_facts(Pubkey.from_string(state["address"]), account, *programs)
    fee = _drawn(state, pool_fee_recipients(settings, is_mayhem=facts.is_mayhem))
    recipients = Recipients(fee, _drawn(state, buyback_recipients(settings)))
    _compare_pool_quotes(c, settings, account, is_canonical=facts.is_canonical)

    tokens, spend, least = (int(state[name]) for name in ("tokens", "spend", "floor"))
    accounts = pool_build.pool_accounts(facts, user, recipients)
    if "error" not in theirs["exact_out"]:
        most = int(theirs["exact_out"]["maxQuote"])
        c.instructions("buy", lambda: orders.pool_buy(facts, accounts, pool_build.buy(accounts, tokens, most), most))
    if int(theirs["exact_in"].get("base", 0)) > 0:
        base, ceiling = (int(theirs["exact_in"][name]) for name in ("base", "maxQuote"))
        c.instructions(
            "buy_for", lambda: orders.pool_buy(facts, accounts, pool_build.buy(accounts, base, ceiling), ceiling)
        )
    if "error" not in theirs["sale"]:
        worst = int(theirs["sale"]["minQuote"])
        c.instructions(
            "sell",
            lambda: orders.pool_sell(facts, accounts, pool_build.sell(accounts, tokens, worst), tokens, close=False),
        )
    c.instructions("buy_exact_quote_in", lambda: [pool_build.buy_exact_quote_in(accounts, spend, least)])
    c.instructions("init_volume", lambda: [pool_build.init_volume_accumulator(user, user)])
    c.instructions("close_volume", lambda: [pool_build.close_volume_accumulator(user)])
    claimed = (user, facts.quote_mint, facts.quote_token_program)
    c.instructions("claim", lambda: [pool_build.claim_cashback(*claimed)])
    c.instructions("extend", lambda: [pool_build.extend_account(facts.address, user)])


def _compare_pool_quotes(c: Comparison, settings: GlobalConfig, account: Pool, *, is_canonical: bool) -> None:
    state, theirs = c.state, c.theirs["quotes"]
    tokens, spend, slippage = int(state["tokens"]), int(state["spend"]), state["slippage"]
    market = pool_market.Pool(int(state["base"]), int(state["quote"]), account.virtual_quote_reserves or 0)
    rates = pool_rates(
        settings,
        _fee_config(state),
        account,
        base=market.base,
        quote=market.quote + market.virtual_quote,
        supply=pool_supply(account, int(state["supply"])),
        is_canonical=is_canonical,
    )
    bought = quotes.buy_exact_out(market, tokens, rates)
    if bought is None:
        c.equal("pool exact-out refused", True, "error" in theirs["exact_out"])
    else:
        total = bought.total_lamports
        expected = _numbers(theirs["exact_out"], "internalQuoteAmount", "uiQuote", "maxQuote")
        c.equal("pool exact-out quote", (bought.quote_lamports, total, official.pool_most(total, slippage)), expected)

    spent = quotes.buy_exact_in(market, spend, rates)
    if spent is None:
        # Of a spend that fees eat whole, the SDK makes a negative amount, and of that anything.
        answer = theirs["exact_in"]
        is_dust = int(answer.get("base", 0)) <= 0 or int(answer["internalQuoteWithoutFees"]) <= 0
        c.equal("pool exact-in refused", True, is_dust)
    else:
        expected = _numbers(theirs["exact_in"], "base", "internalQuoteWithoutFees", "maxQuote")
        most = official.pool_most(spend, slippage)
        c.equal("pool exact-in quote", (spent.tokens, spent.quote_lamports, most), expected)

    sold = quotes.sell(market, tokens, rates)
    if sold is None:
        c.equal("pool sale refused", True, int(theirs["sale"].get("uiQuote", 0)) <= 0)
    else:
        least = official.pool_least(sold.total_lamports, slippage)
        expected = _numbers(theirs["sale"], "internalQuoteAmountOut", "uiQuote", "minQuote")
        c.equal("pool sale quote", (sold.quote_lamports, sold.total_lamports, least), expected)


def _numbers(answer: dict[str, str], *names: str) -> tuple[int | str, ...]:
    return tuple(int(answer[name]) if name in answer else answer["error"] for name in names)
