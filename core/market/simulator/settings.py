"""Every assumption of the simulated market, named, with where it comes from.

"market.md" means a published or measured figure of that page's table; "fitted" means chosen so that such a figure comes
out (core.market.calibration measures it); "assumed" means that no figure was found and the choice leans against the
trader. Amounts are SOL here because agents think in SOL; the market itself counts lamports.
"""

from msgspec import Struct

from core.market.simulator.scenarios import CALM, Scenario


class LogNormal(Struct, frozen=True):
    """A log-normal draw by its median and the standard deviation of its logarithm."""

    median: float
    sigma: float


class ClockSettings(Struct, frozen=True, kw_only=True):
    slot_s: float = 0.4
    """Slot time of the chain."""
    start_s: float = 1_767_225_600.0
    """Block time of the first slot: 2026-01-01T00:00:00Z."""
    start_slot: int = 390_000_000
    """Slot numbers of about that day."""


class LaunchSettings(Struct, frozen=True, kw_only=True):
    launches_per_s: float = 0.4
    """0.25–0.5 (market.md)."""
    own_buy_share: float = 0.85
    """Creators who buy in their creation transaction. Assumed: all recorded creations did."""
    own_buy_sol: LogNormal = LogNormal(1.0, 0.9)
    """Recorded creator buys: 0.99, 1.1, 2.96 and 4 SOL; smaller ones assumed to be more common."""
    creator_dump_share: float = 0.75
    """Ordinary creators who sell all they hold. Fitted to ≈ 98 % that end as pump-and-dump or rug (market.md)."""
    creator_dump_s: LogNormal = LogNormal(150.0, 1.3)
    """When. Assumed: within minutes, as the deployer-funded snipes of market.md."""
    cashback_share: float = 0.1
    """Cashback coins. Assumed; one of four recorded creations of 2026 is one."""
    token_2022_share: float = 0.95
    """Coins made by create_v2, which makes Token-2022 mints. Assumed from the recordings of 2026."""
    honeypot_share: float = 0.004
    """Tokens that outsiders cannot sell. Assumed: pump itself makes none, so they stand for hostile lookalikes."""
    late_honeypot_share: float = 0.4
    """Honeypots that let outsiders sell at first. Assumed."""
    late_honeypot_s: LogNormal = LogNormal(240.0, 0.6)
    """When those close. Assumed."""
    serial_share: float = 0.4
    serial_creators: int = 2_000
    """Launches by one of so many creators who launch again and again. Assumed."""


class AttentionSettings(Struct, frozen=True, kw_only=True):
    """Organic buyers arrive with rate a·(p−1)/τ·(1+t/τ)^(−p): a burst, then a long tail, `a` of them in all."""

    buyers: LogNormal = LogNormal(13.0, 1.85)
    """Buyers whom a token attracts. Fitted to a mean of ≈ 101 heavy-tailed curve trades a launch (market.md)."""
    most_buyers: float = 4_000.0
    """Cap of the tail, doublings included. Assumed."""
    half_s: LogNormal = LogNormal(140.0, 0.9)
    """τ. Fitted to the peak within 120 s of half of the tokens that ran (market.md)."""
    decay: float = 1.50
    """p. Fitted to 68.7 % with their last trade on launch day (market.md)."""
    doubling_gain: float = 1.25
    """Factor on the buyers still to come each time the price doubles its highest doubling. Assumed: momentum."""
    collapse_keeps: float = 0.3
    """Share of the buyers still to come who stay after a collapse. Assumed."""
    trapped_keeps: float = 0.97
    """The same after each sale that a honeypot made fail: some see it. Assumed."""
    collapse_fall: float = 0.3
    """Fall of the price by one sale, or one slot's insider sales, that counts as a collapse. Assumed."""


class CrowdSettings(Struct, frozen=True, kw_only=True):
    dust_share: float = 0.2
    """Buys by bots that spray dust. Fitted to the buy sizes of market.md: 10 % under 0.0025 SOL."""
    dust_sol: LogNormal = LogNormal(0.0025, 0.7)
    buy_sol: LogNormal = LogNormal(0.33, 1.57)
    """Other buys of the most wanted tokens. Fitted to 0.20 / 2.0 SOL at 50 / 90 % (market.md)."""
    least_buy_scale: float = 0.15
    scale_buyers: float = 3_800.0
    scale_power: float = 0.4
    """A token that attracts few also gets smaller buys: × clamp((a / scale_buyers)^power, least, 1). Fitted to the
    graduation share (market.md): the recorded sizes are those of fast graduates only."""
    most_buy_sol: float = 30.0
    bot_share: float = 0.35
    """Buyers who are bots with a short holding time. Assumed."""
    bot_hold_s: LogNormal = LogNormal(18.0, 0.8)
    human_hold_s: LogNormal = LogNormal(140.0, 1.5)
    """Assumed; with the attention profile they give the peak times of market.md."""
    never_sell_share: float = 0.18
    """Buyers who never sell. Assumed: bags that became worthless."""
    partial_share: float = 0.1
    """Sellers who first sell a part and the rest later. Assumed."""
    dust_partial_share: float = 0.4
    """The same of positions worth less than a hundredth of a SOL. Fitted to the sell sizes of market.md."""
    panic_share: float = 0.35
    """Holders who sell within seconds after a collapse. Assumed."""
    panic_slots: int = 25
    population: int = 60_000
    """Organic wallets from which buyers are drawn, the busy ones more often. Assumed."""
    bots: int = 400
    """Bot wallets. Assumed."""


class SniperSettings(Struct, frozen=True, kw_only=True):
    sniped_share: float = 0.55
    """Launches in whose creation slot others buy: > 50 % (market.md)."""
    more_share: float = 0.45
    """Chance of each further sniper in the same slot. Assumed."""
    buy_sol: LogNormal = LogNormal(0.12, 1.1)
    """Assumed: small, for a sniper takes every launch."""
    hold_s: LogNormal = LogNormal(25.0, 1.0)
    """Assumed."""
    deployer_share: float = 0.0175
    """Launches sniped by wallets that the deployer funded (market.md)."""
    deployer_wallets: int = 3
    deployer_sol: LogNormal = LogNormal(1.5, 0.6)
    """Assumed."""
    deployer_hold_s: LogNormal = LogNormal(75.0, 1.2)
    """Fitted to 85 % sold within 5 min (market.md)."""
    wallets: int = 150
    """Sniper wallets. Assumed."""


class BundleSettings(Struct, frozen=True, kw_only=True):
    """Bundled launches: one hand with a few wallets buys much of the curve in the creation slot and soon sells it."""

    share: float = 0.038
    """Of launches. Fitted to the peak at first sight of 21 % of the tokens that ran (market.md)."""
    spend_sol: LogNormal = LogNormal(22.0, 0.35)
    """Enough to double the price at once. Assumed."""
    wallets_least: int = 3
    wallets_most: int = 12
    hold_s: LogNormal = LogNormal(25.0, 0.8)
    """Each wallet for itself. Assumed."""
    attention: LogNormal = LogNormal(6.0, 0.9)
    """Assumed: an expensive start attracts few buyers."""


class GroupSettings(Struct, frozen=True, kw_only=True):
    """Manufactured pumps: many wallets of one hand buy the creation slot, graduate the token, pump the pool, dump."""

    share: float = 0.006
    """Of launches. Fitted, with the organic runners, to 0.6–1.9 % graduation (market.md)."""
    spend_sol: LogNormal = LogNormal(68.5, 0.13)
    """In the creation slot: ≥ 60 SOL in 83 % (market.md)."""
    most_spend_sol: float = 84.0
    wallets_least: int = 8
    wallets_most: int = 30
    """Assumed: enough to keep each wallet's share small."""
    first_sale_s: LogNormal = LogNormal(17.5, 0.5)
    """First tokens leave the group after 17.5 s in the median (market.md; transfers are not simulated, sales are)."""
    first_sale_fraction: float = 0.05
    graduates_share: float = 0.9
    """Groups that buy the rest of the curve themselves if nobody else does. Assumed."""
    graduate_s: LogNormal = LogNormal(25.0, 0.7)
    """When they do. Assumed; the recorded graduates did within seconds."""
    one_block_share: float = 0.9
    """Pumps that end in one block at −99 % (market.md: ≈ 90 %); the others sell off slowly."""
    end_fall: float = 0.99
    """To fall so far in one block they must first hold nine tenths of all tokens outside: they buy until they do."""
    dump_s: LogNormal = LogNormal(260.0, 0.7)
    """After the launch. Assumed."""
    wash_pause_s: float = 7.0
    """Mean time between the group's own trades on the pool until it dumps. Assumed."""
    wash_buy_sol: LogNormal = LogNormal(1.0, 0.8)
    wash_sell_sol: LogNormal = LogNormal(3.0, 0.6)
    """Fitted to the upper trade sizes of the recorded graduates (market.md)."""
    wash_buy_share: float = 0.68
    """Assumed: the chart must rise."""
    attention: LogNormal = LogNormal(260.0, 0.8)
    """Organic buyers whom the pump attracts. Assumed from 42–486 traders a recorded graduate."""


class GraduationSettings(Struct, frozen=True, kw_only=True):
    migrate_slots_least: int = 2
    migrate_slots_most: int = 12
    """Slots from completion to the pool. Assumed; recorded pools trade within seconds of the creation."""
    attention_gain: float = 1.3
    """Factor on the buyers still to come: a graduate is listed everywhere. Assumed."""


class NetworkSettings(Struct, frozen=True, kw_only=True):
    failed_share: float = 0.2
    """Of all transactions: 8–50 % (market.md)."""
    priority_fee_lamports: int = 100_000
    """Median that others pay for one transaction. Assumed: 0.0001 SOL."""
    priority_sigma: float = 0.5
    priority_memory: float = 0.98
    """The fee level is a log-AR(1) by slot with this memory. Assumed."""


class SolPriceSettings(Struct, frozen=True, kw_only=True):
    start_usd: float = 80.0
    """market.md."""
    least_usd: float = 64.0
    most_usd: float = 287.0
    """Bounds, reflecting (market.md)."""
    hourly_volatility: float = 0.006
    """Standard deviation of hourly log returns. The recorded hours of June–July 2026 have about 0.5 %."""
    step_slots: int = 25
    source_error: float = 0.001
    """Each source is off by a log-normal error of this size. Assumed."""


class MemorySettings(Struct, frozen=True, kw_only=True):
    longest_life_s: float = 3 * 86_400.0
    """Nobody buys a token older than this. Assumed, so that memory stays bounded."""
    forget_after_s: float = 3_600.0
    """A token for which nothing is scheduled any more is forgotten so much later, unless our orders still hold it."""


class MarketSettings(Struct, frozen=True, kw_only=True):
    """The whole simulated market."""

    scenario: Scenario = CALM
    clock: ClockSettings = ClockSettings()
    launch: LaunchSettings = LaunchSettings()
    attention: AttentionSettings = AttentionSettings()
    crowd: CrowdSettings = CrowdSettings()
    sniper: SniperSettings = SniperSettings()
    bundle: BundleSettings = BundleSettings()
    group: GroupSettings = GroupSettings()
    graduation: GraduationSettings = GraduationSettings()
    network: NetworkSettings = NetworkSettings()
    sol_price: SolPriceSettings = SolPriceSettings()
    memory: MemorySettings = MemorySettings()
    launches_until_s: float = 0.0
    """Launch nothing from this market time on; 0 = launch for ever. For cohorts that are followed to their end."""

    @property
    def opening_usd(self) -> float:
        """SOL/USD at the start."""
        return self.scenario.sol_start_usd or self.sol_price.start_usd
