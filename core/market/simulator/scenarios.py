"""Scenarios: multipliers on the settings of the calibrated market. Calm is that market itself."""

from msgspec import Struct
from msgspec.structs import asdict

from core.errors import Refused


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Factors on rates, sizes, shares and fees; 1 leaves the setting as it is."""

    launches: float = 1.0
    attention: float = 1.0
    buy_size: float = 1.0
    creator_dumps: float = 1.0
    dump_delay: float = 1.0
    groups: float = 1.0
    bundles: float = 1.0
    deployer_snipes: float = 1.0
    honeypots: float = 1.0
    priority_fee: float = 1.0
    failures: float = 1.0


CALM = Scenario()
HOT = Scenario(launches=1.25, attention=1.6, buy_size=1.2, groups=1.3)
"""More launches, more buyers, bigger buys: the upper end of the published launch and graduation figures."""
RUG_WAVE = Scenario(creator_dumps=1.3, dump_delay=0.5, groups=2.0, bundles=2.0, deployer_snipes=4.0)
"""Insiders dump more often and sooner."""
HONEYPOT_SEASON = Scenario(honeypots=20.0)
"""Tokens that outsiders cannot sell are common instead of rare."""
CONGESTION = Scenario(priority_fee=10.0, failures=2.5)
"""Fees times ten and, with the default share of 20 %, half of the transactions fail (market.md)."""

SCENARIOS = {
    "calm": CALM,
    "hot": HOT,
    "rug_wave": RUG_WAVE,
    "honeypot_season": HONEYPOT_SEASON,
    "congestion": CONGESTION,
}


def mixed(*names: str) -> Scenario:
    """The product of named scenarios. Refused for a name that does not exist."""
    factors = asdict(CALM)
    for name in names:
        if name not in SCENARIOS:
            raise Refused(f"unknown scenario {name}: one of {', '.join(SCENARIOS)}")
        for field, factor in asdict(SCENARIOS[name]).items():
            factors[field] *= factor
    return Scenario(**factors)
