"""What the answers look like, as JSON Schema (2020-12): every field of ours is there, and no other."""

from core.rules.time_protocol import Urgency, Window
from core.rules.verdict import Outcome
from core.snapshots import ActorState
from core.state.notifier import SEVERITIES
from core.types import EMERGENCIES, ExitReason, Role
from monitor.views.candidates import FATES
from monitor.views.ledger import KINDS
from monitor.web.query import ADDRESS

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
BOOL: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
TIME: Schema = {"type": "string", "format": "date-time", "description": "ISO-8601 UTC"}
FREE: Schema = {"type": "object"}
MINT: Schema = {"type": "string", "pattern": ADDRESS, "description": "address of a token, base58"}
DUMPED: Schema = {"description": "whatever there is to show, as plain data"}


def maybe(schema: Schema) -> Schema:
    """Null where it is not known, or never was."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: object) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}  # type: ignore[attr-defined]  # any iterable


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def shape(**fields: Schema) -> Schema:
    """An object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str) -> Schema:
    """A list; `next` is the cursor of the rest, null at its end."""
    return shape(items=many(ref(name)), next=maybe(TEXT))


BREAKER = shape(open=BOOL, until=maybe(TIME), why=maybe(TEXT))
VERDICT = shape(criterion=TEXT, outcome=one_of(Outcome), reason=TEXT, final=BOOL, until=maybe(TIME))
PLACED = shape(at=TIME, price_lamports=NUMBER, tokens=COUNT)
SALE = shape(
    at=TIME, reason=one_of(ExitReason), role=one_of(Role), tokens=COUNT, proceeds_lamports=WHOLE, price_lamports=NUMBER
)
TARGET = shape(name=TEXT, wanted=TEXT, value=maybe(NUMBER), met=maybe(BOOL))

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457",
        "properties": {"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT},
        "required": ["type", "title", "status", "detail"],
    },
    "Health": shape(status=one_of(("ok", "failing")), reasons=many(TEXT), mode=TEXT, uptime_s=NUMBER),
    "Verdict": VERDICT,
    "Breaker": BREAKER,
    "Commandment": shape(
        number={"type": "integer", "minimum": 1, "maximum": 5},
        name=TEXT,
        rule=TEXT,
        state=TEXT,
        compliant=BOOL,
        entries_open=BOOL,
        since=maybe(TIME),
        violations=COUNT,
        refused=COUNT,
        next_change_at=maybe(TIME),
    ),
    "Alert": shape(
        id=COUNT,
        key=TEXT,
        severity=one_of(SEVERITIES),
        text=TEXT,
        mint=maybe(TEXT),
        at=maybe(TIME),
        last_at=maybe(TIME),
        count=COUNT,
        acknowledged=BOOL,
        acknowledged_by=maybe(TEXT),
        acknowledged_at=maybe(TIME),
    ),
    "Actor": shape(
        name=TEXT,
        class_name=TEXT,
        parent=TEXT,
        depth=COUNT,
        state=one_of(ActorState),
        late=BOOL,
        incarnation=COUNT,
        restarts=COUNT,
        mailbox_depth=COUNT,
        handled=COUNT,
        last_message_age_s=maybe(NUMBER),
        view=DUMPED,
    ),
    "Dump": {
        "type": "object",
        "properties": {"actors": {"type": "object", "additionalProperties": FREE}},
        "required": ["actors"],
    },
    "Wallet": {
        "type": "object",
        "properties": {"role": one_of(Role), "balance_lamports": WHOLE, "start_lamports": WHOLE},
        "required": ["role", "balance_lamports", "start_lamports"],
    },
    "Position": shape(
        id=TEXT,
        mint=MINT,
        symbol=TEXT,
        opened_at=TIME,
        held_s=NUMBER,
        window=one_of(Window),
        urgency=one_of(Urgency),
        expires_at=TIME,
        tokens=COUNT,
        holdings_tokens={"type": "object", "additionalProperties": COUNT},
        cost_lamports=WHOLE,
        sale_lamports=maybe(WHOLE),
        gain_bps=maybe(WHOLE),
        net_lamports=WHOLE,
        next_exits=many(shape(at=TIME, tokens=COUNT)),
        next_take_profit=maybe(shape(level=COUNT, gain_bps=WHOLE, sells_bps=WHOLE)),
        failed_exits=COUNT,
        panic=maybe(one_of(ExitReason)),
        panic_at=maybe(TIME),
        orders=many(shape(id=TEXT, purpose=TEXT, at=TIME, signature=maybe(TEXT))),
        actor=DUMPED,
    ),
    "Chart": {
        **shape(
            id=TEXT,
            mint=MINT,
            symbol=TEXT,
            at=TIME,
            opened_at=TIME,
            expires_at=TIME,
            **{"from": TIME},
            period_s=NUMBER,
            candles={"type": "array", "items": {"type": "array", "items": NUMBER, "minItems": 5, "maxItems": 5}},
            entries=many(PLACED),
            exits=many(shape(at=TIME, price_lamports=NUMBER, tokens=COUNT, reason=one_of(ExitReason))),
            average_cost_lamports=maybe(NUMBER),
            levels=many(shape(level=COUNT, gain_bps=WHOLE, sells_bps=WHOLE, price_lamports=maybe(NUMBER), done=BOOL)),
            stop_lamports=maybe(NUMBER),
            windows=many(shape(window=one_of(Window), **{"from": TIME, "to": TIME})),
            time_exits=many(TIME),
        ),
        "description": "prices in lamports per base unit; a candle is [periods after `from`, open, high, low, close]",
    },
    "Equity": {
        **shape(
            **{"from": maybe(TIME)},
            capital_lamports=COUNT,
            points={"type": "array", "items": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}},
        ),
        "description": "a point is [seconds after `from`, lamports]",
    },
    "Operation": shape(
        id=TEXT,
        state=one_of(("open", "closed")),
        mint=MINT,
        symbol=TEXT,
        opened_at=TIME,
        closed_at=maybe(TIME),
        hold_s=NUMBER,
        net_lamports=WHOLE,
        cost_lamports=WHOLE,
        proceeds_lamports=WHOLE,
        tax_lamports=maybe(WHOLE),
        fees_lamports={"type": "object", "additionalProperties": WHOLE},
        entries=many(PLACED),
        exits=many(SALE),
        reason=maybe(one_of(ExitReason)),
        panic=maybe(one_of(ExitReason)),
        settled=maybe(BOOL),
        outside_statistics=maybe(BOOL),
    ),
    "Candidate": shape(
        mint=MINT,
        symbol=TEXT,
        fate=one_of(FATES),
        first_seen_at=TIME,
        judged_at=TIME,
        stage=one_of(("first", "change", "last")),
        outcome=one_of(Outcome),
        decided_by=TEXT,
        against=many(TEXT),
        quality=maybe(NUMBER),
        risk=maybe(NUMBER),
        price_lamports=maybe(NUMBER),
        verdicts=many(ref("Verdict")),
        gate=maybe(shape(at=TIME, admitted=BOOL, by=TEXT, stake_lamports=WHOLE, against=many(ref("Verdict")))),
        later=many(shape(after_s=COUNT, price_lamports=maybe(NUMBER), change_share=maybe(NUMBER))),
    ),
    "Entry": {
        "type": "object",
        "description": "one line of the journal with its record's own fields",
        "properties": {"seq": COUNT, "schema": COUNT, "kind": one_of(KINDS), "at_s": NUMBER, "at": TIME},
        "required": ["seq", "schema", "kind", "at_s", "at"],
    },
    "Emergency": shape(
        breaker=ref("Breaker"),
        triggers=many(shape(trigger=one_of(sorted(EMERGENCIES)), slippage_bps=COUNT, thresholds=FREE)),
        limit_s=NUMBER,
        fallback_slippage_bps=COUNT,
        last=many(ref("Entry")),
        panicking=many(shape(id=TEXT, mint=MINT, trigger=one_of(ExitReason), at=TIME)),
        flagged_tokens=COUNT,
    ),
    "Status": shape(
        mode=TEXT,
        at=TIME,
        uptime_s=NUMBER,
        healthy=BOOL,
        reasons=many(TEXT),
        entries=shape(
            open=BOOL, paused=BOOL, paused_why=maybe(TEXT), undercapitalised=BOOL, against=many(ref("Verdict"))
        ),
        breaker=ref("Breaker"),
        equity_lamports=maybe(WHOLE),
        equity_usd=maybe(NUMBER),
        equity_peak_lamports=WHOLE,
        drawdown_lamports=maybe(WHOLE),
        drawdown_limit_lamports=WHOLE,
        capital_lamports=WHOLE,
        sol_usd=maybe(NUMBER),
        generation=COUNT,
        fleet_health=NUMBER,
        wallets=many(ref("Wallet")),
        positions=many(ref("Position")),
        orders_unsettled=COUNT,
        journal_damage=maybe(TEXT),
        today=shape(
            operations=COUNT,
            wins=COUNT,
            realised_lamports=WHOLE,
            result_lamports=maybe(WHOLE),
            loss_limit_lamports=WHOLE,
        ),
        performance=shape(figures=FREE, targets=many(TARGET)),
        accounts_lamports={"type": "object", "additionalProperties": WHOLE},
    ),
}
"""By name. What is `FREE` or open is a machine's own, and grows with it."""
