from core.messages import Order
from core.rules.network_fee import fee_lamports
from core.types import Purpose, Role


def test_a_second_wallet_that_pays_the_fee_signs_too():
    order = Order(id="x", purpose=Purpose.TAX, role=Role.LIGHTNING, payer=Role.LIGHTNING, priority_lamports=7)
    swept = Order(id="y", purpose=Purpose.ROTATION, role=Role.LIGHTNING, payer=Role.EMERGENCY_GAS, tip_lamports=9)

    assert fee_lamports(order) == 5_007
    assert fee_lamports(swept) == 10_009
