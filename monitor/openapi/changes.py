"""What may be changed: path, body, answer."""

from monitor.openapi.shapes import BOOL, COUNT, MINT, NUMBER, TEXT, Schema, many, maybe, one_of, shape
from monitor.web import changes, mentions, webhook

WHY: Schema = {"type": "string", "description": f"for the journal; {changes.WHY} characters of it are kept"}
ACCEPTED: Schema = {"type": "boolean", "const": True}


def optional(**fields: Schema) -> Schema:
    """A body of which everything may be left out."""
    return {"type": "object", "properties": fields, "additionalProperties": False}


def accepted(**fields: Schema) -> Schema:
    return shape(accepted=ACCEPTED, **fields)


REASON = optional(why=WHY)
ENTRIES = accepted(entries=TEXT)

CHANGES: dict[str, tuple[str, str, Schema, Schema]] = {
    "/start": ("start", "End a pause of entries.", REASON, ENTRIES),
    "/pause": ("pause", "No entries from now on; exits go on.", REASON, accepted(entries=TEXT, exits=TEXT)),
    "/resume": ("resume", "Entries again, also after the drawdown halt.", REASON, ENTRIES),
    "/operations": (
        "enter",
        "Execute one operation now, under the same conditions as any other.",
        optional(mint={"anyOf": [MINT, {"type": "string", "const": ""}]}, why=WHY),
        {
            "type": "object",
            "properties": {"accepted": ACCEPTED, "admitted": maybe(BOOL), "mint": TEXT, "note": TEXT},
            "required": ["accepted", "admitted", "note"],
            "additionalProperties": False,
        },
    ),
    "/positions/{mint}/exit": (
        "leave",
        "Sell everything of one position in the ordinary way.",
        REASON,
        accepted(mint=MINT, journaled=BOOL),
    ),
    "/wallets/rotate": (
        "rotate",
        "Reincarnate the wallets as soon as they are flat.",
        REASON,
        accepted(generation=COUNT),
    ),
    "/settings": (
        "reread",
        "Read the settings file again.",
        REASON,
        accepted(applied=many(TEXT), after_restart=many(TEXT)),
    ),
    "/sentiment": (
        "mentions",
        f"Mentions of tokens, signed: {mentions.HEADER}: t=<epoch seconds>,v1=<HMAC-SHA256 of `<t>.<body>`, hex>.",
        {
            "type": "object",
            "properties": {
                "mentions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": mentions.MOST,
                    "items": {
                        "type": "object",
                        "properties": {
                            "mint": MINT,
                            "text": {"type": "string", "maxLength": mentions.TEXT_MOST},
                            "score": maybe({"type": "number", "minimum": -1, "maximum": 1}),
                        },
                        "required": ["mint", "text"],
                        "additionalProperties": False,
                    },
                },
                "source": {"type": "string", "maxLength": 80},
            },
            "required": ["mentions"],
            "additionalProperties": False,
        },
        accepted(mentions=COUNT, of_held_tokens=COUNT),
    ),
    "/alerts": (
        "webhook",
        "Alertmanager's webhook, version 4.",
        {
            "type": "object",
            "properties": {
                "alerts": {
                    "type": "array",
                    "maxItems": webhook.MOST,
                    "items": {
                        "type": "object",
                        "properties": {
                            "status": one_of(("firing", "resolved")),
                            "labels": {"type": "object", "additionalProperties": TEXT},
                            "annotations": {"type": "object", "additionalProperties": TEXT},
                        },
                        "required": ["status", "labels"],
                    },
                },
                "receiver": TEXT,
            },
            "required": ["alerts"],
        },
        accepted(alerts=COUNT, journaled=BOOL),
    ),
    "/alerts/{alert_id}/acknowledge": ("acknowledge", "A person has seen it.", REASON, accepted(id=COUNT)),
    "/emergency": (
        "emergency",
        "Panic exit of one position or all, or the circuit breaker by hand.",
        {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "action": {"const": "exit"},
                        "mint": {"anyOf": [MINT, {"type": "string", "const": ""}]},
                        "seconds": {"type": "null"},
                        "why": WHY,
                    },
                    "required": ["action"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {
                        "action": {"const": "breaker_on"},
                        "mint": {"const": ""},
                        "seconds": maybe({"type": "number", "exclusiveMinimum": 0, "maximum": changes.BREAKER_MOST_S}),
                        "why": WHY,
                    },
                    "required": ["action"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {
                        "action": {"const": "breaker_off"},
                        "mint": {"const": ""},
                        "seconds": {"type": "null"},
                        "why": WHY,
                    },
                    "required": ["action"],
                    "additionalProperties": False,
                },
            ]
        },
        {
            "anyOf": [
                accepted(
                    action={"const": "exit"},
                    told=many(MINT),
                    not_told=many(MINT),
                    buys_in_flight=many(MINT),
                    journaled=BOOL,
                ),
                accepted(action=one_of(("breaker_on", "breaker_off")), seconds=NUMBER),
            ]
        },
    ),
}
"""Path: (operation id, what it does, body, answer)."""

MONITORS = ("/alerts", "/alerts/{alert_id}/acknowledge", "/emergency")
CONTROLS = tuple(CHANGES)
"""Those of the monitor too, for one that runs elsewhere."""
