from pathlib import Path

from core.chain import programs
from core.chain.codec.keys import key_bytes
from tests.chain.recorded import interface

FILES = {"pump": programs.PUMP, "pump_amm": programs.PUMPSWAP, "pump_fees": programs.PUMP_FEES}


def test_every_id_is_a_key_and_every_program_has_a_short_name():
    ids = [
        programs.PUMP,
        programs.PUMPSWAP,
        programs.PUMP_FEES,
        programs.MAYHEM,
        programs.LAUNCHLAB,
        programs.RAYDIUM_CPMM,
        programs.RAYDIUM_AMM_V4,
    ]
    assert set(programs.NAMES) == set(ids)
    assert len(set(programs.NAMES.values())) == len(ids)
    for key in [*ids, programs.SYSTEM, programs.TOKEN, programs.TOKEN_2022, programs.WSOL_MINT, programs.MAYHEM_AGENT]:
        assert len(key_bytes(key)) == 32
    assert key_bytes(programs.SYSTEM) == bytes(32)


def test_ids_and_discriminators_are_the_interface_files(shared_data: Path):
    for file, program in FILES.items():
        content = interface(shared_data, file)
        assert content["address"] == program
        for each in content["events"]:
            assert bytes(each["discriminator"]) == programs.event_discriminator(each["name"])
        for each in content["accounts"]:
            assert bytes(each["discriminator"]) == programs.account_discriminator(each["name"])
        for each in content["instructions"]:
            assert bytes(each["discriminator"]) == programs.instruction_discriminator(each["name"])
