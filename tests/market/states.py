"""States and amounts that the mathematics is tried on."""

from hypothesis import strategies as st

from core.market.curve import START, Curve, after_buy, after_sell, buy_cost, sell_proceeds
from core.market.pool import Pool

SOL = 1_000_000_000


@st.composite
def traded_curves(draw: st.DrawFn) -> Curve:
    """Curves as trading leaves them: some bought, part of it sold back, never complete."""
    curve = START
    sold = 0
    for share in draw(st.lists(st.integers(-999, 999), max_size=6)):
        if share > 0:
            tokens = max(curve.real_base * share // 1_000, 1)
            curve = after_buy(curve, tokens, buy_cost(curve, tokens))
            sold += tokens
        elif sold > 0:
            tokens = max(sold * -share // 1_000, 1)
            curve = after_sell(curve, tokens, sell_proceeds(curve, tokens))
            sold -= tokens
    return curve


pools = st.builds(
    Pool,
    base=st.integers(1_000_000, 900_000_000_000_000),
    quote=st.integers(SOL // 100, 100_000 * SOL),
    virtual_quote=st.integers(0, 50 * SOL),
)
spends = st.integers(1, 200 * SOL)
