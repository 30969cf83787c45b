"""Events that no rule reads: known by name and decoded into a mapping, so that what the programs do stays visible.

The words are the interface files' own (pump-sdk 2.0.0; LaunchLab of 2026-05). A word without a colon names an event,
the words after it are its fields.
"""

from msgspec import Struct

from core.chain.codec.layout import Layout
from core.chain.fees import Fees, FeeTier, Shareholder
from core.chain.programs import LAUNCHLAB, PUMP, PUMP_FEES, PUMPSWAP


class OtherEvent(Struct, frozen=True, tag="other"):
    """An event without a struct of its own: its name, and the fields present by name."""

    program: str
    name: str
    values: dict[str, object]
    extra: bytes = b""


_PUMP_AND_PUMPSWAP = """
AdminUpdateTokenIncentivesEvent start_time:i64 end_time:i64 day_number:u64 token_supply_per_day:u64 mint:pubkey
  seconds_in_a_day:i64 timestamp:i64
ClaimCashbackEvent user:pubkey amount:u64 timestamp:i64 total_claimed:u64 total_cashback_earned:u64
ClaimTokenIncentivesEvent user:pubkey mint:pubkey amount:u64 timestamp:i64 total_claimed_tokens:u64
  current_sol_volume:u64
CloseUserVolumeAccumulatorEvent user:pubkey timestamp:i64 total_unclaimed_tokens:u64 total_claimed_tokens:u64
  current_sol_volume:u64 last_update_timestamp:i64
InitUserVolumeAccumulatorEvent payer:pubkey user:pubkey timestamp:i64
ReservedFeeRecipientsEvent timestamp:i64 reserved_fee_recipient:pubkey reserved_fee_recipients:[pubkey;7]
SyncUserVolumeAccumulatorEvent user:pubkey total_claimed_tokens_before:u64 total_claimed_tokens_after:u64
  timestamp:i64
"""

_PUMP = """
AddQuoteControlMintEvent quote_control:pubkey authority:pubkey quote_mint:pubkey initial_virtual_quote_reserves:u64
  timestamp:i64
AdminCtoEvent timestamp:i64 authority:pubkey mint:pubkey bonding_curve:pubkey old_creator:pubkey new_creator:pubkey
  is_holder_reward:bool is_cashback_coin:bool old_creator_fee_bps:u64 new_creator_fee_bps:u64
  sharing_config_reset:bool swept_to_holder_vault:u64 pool_updated:bool
AdminSetIdlAuthorityEvent idl_authority:pubkey
CollectCreatorFeeEvent timestamp:i64 creator:pubkey creator_fee:u64 quote_mint:pubkey
DistributeCreatorFeesEvent timestamp:i64 mint:pubkey bonding_curve:pubkey sharing_config:pubkey admin:pubkey
  shareholders:vec<Shareholder> distributed:u64 quote_mint:pubkey
DistributeFeeToHoldersEvent timestamp:i64 mint:pubkey quote_mint:pubkey recipients:u64 total:u64
ExtendAccountEvent account:pubkey user:pubkey current_size:u64 new_size:u64 timestamp:i64
MigrateBondingCurveCreatorEvent timestamp:i64 mint:pubkey bonding_curve:pubkey sharing_config:pubkey
  old_creator:pubkey new_creator:pubkey
MinimumDistributableFeeEvent minimum_required:u64 distributable_fees:u64 can_distribute:bool
RemoveQuoteControlMintEvent quote_control:pubkey authority:pubkey quote_mint:pubkey timestamp:i64
SetMetaplexCreatorEvent timestamp:i64 mint:pubkey bonding_curve:pubkey metadata:pubkey creator:pubkey
SetParamsEvent initial_virtual_token_reserves:u64 initial_virtual_sol_reserves:u64 initial_real_token_reserves:u64
  final_real_sol_reserves:u64 token_total_supply:u64 fee_basis_points:u64 withdraw_authority:pubkey
  enable_migrate:bool pool_migration_fee:u64 creator_fee_basis_points:u64 fee_recipients:[pubkey;8] timestamp:i64
  set_creator_authority:pubkey admin_set_creator_authority:pubkey
SetQuoteControlAdminEvent quote_control:pubkey authority:pubkey old_admin:pubkey new_admin:pubkey timestamp:i64
UpdateCreatorFeeConfigEvent timestamp:i64 authority:pubkey creator_fee_configurable:bool
  max_configurable_creator_fee_bps:u64
UpdateGlobalAuthorityEvent global:pubkey authority:pubkey new_authority:pubkey timestamp:i64
"""

_PUMPSWAP = """
AdminCtoPoolEvent timestamp:i64 base_mint:pubkey pool:pubkey old_coin_creator:pubkey new_coin_creator:pubkey
  is_holder_reward:bool is_cashback_coin:bool old_creator_fee_bps:u64 new_creator_fee_bps:u64
CollectCoinCreatorFeeEvent timestamp:i64 coin_creator:pubkey coin_creator_fee:u64 coin_creator_vault_ata:pubkey
  coin_creator_token_account:pubkey
CreateConfigEvent timestamp:i64 admin:pubkey lp_fee_basis_points:u64 protocol_fee_basis_points:u64
  protocol_fee_recipients:[pubkey;8] coin_creator_fee_basis_points:u64 admin_set_coin_creator_authority:pubkey
DisableEvent timestamp:i64 admin:pubkey disable_create_pool:bool disable_deposit:bool disable_withdraw:bool
  disable_buy:bool disable_sell:bool
ExtendAccountEvent timestamp:i64 account:pubkey user:pubkey current_size:u64 new_size:u64
MigratePoolCoinCreatorEvent timestamp:i64 base_mint:pubkey pool:pubkey sharing_config:pubkey old_coin_creator:pubkey
  new_coin_creator:pubkey
SetBondingCurveCoinCreatorEvent timestamp:i64 base_mint:pubkey pool:pubkey bonding_curve:pubkey coin_creator:pubkey
SetBoostAuthorityEvent timestamp:i64 admin:pubkey old_boost_authority:pubkey new_boost_authority:pubkey
SetMetaplexCoinCreatorEvent timestamp:i64 base_mint:pubkey pool:pubkey metadata:pubkey coin_creator:pubkey
UpdateAdminEvent timestamp:i64 admin:pubkey new_admin:pubkey
UpdateCreatorFeeConfigEvent timestamp:i64 admin:pubkey creator_fee_configurable:bool
  max_configurable_creator_fee_bps:u64
UpdateFeeConfigEvent timestamp:i64 admin:pubkey lp_fee_basis_points:u64 protocol_fee_basis_points:u64
  protocol_fee_recipients:[pubkey;8] coin_creator_fee_basis_points:u64 admin_set_coin_creator_authority:pubkey
"""

_PUMP_FEES = """
CreateFeeSharingConfigEvent timestamp:i64 mint:pubkey bonding_curve:pubkey pool:opt<pubkey> sharing_config:pubkey
  admin:pubkey initial_shareholders:vec<Shareholder> status:u8
DonationFeePdaCranked timestamp:i64 signer:pubkey donation_fee_pda:pubkey config_id:pubkey base_mint:pubkey
  quote_mint:pubkey creator:pubkey amount:u64
DonationFeePdaCreated timestamp:i64 created_by:pubkey donation_fee_pda:pubkey config_id:pubkey base_mint:pubkey
  quote_mint:pubkey creator:pubkey
ExtendFeeConfigEvent fee_config:pubkey user:pubkey current_size:u64 new_size:u64 timestamp:i64
InitializeFeeConfigEvent timestamp:i64 admin:pubkey fee_config:pubkey
InitializeFeeProgramGlobalEvent timestamp:i64 authority:pubkey social_claim_authority:pubkey disable_flags:u8
  claim_rate_limit:u64
ResetFeeSharingConfigEvent timestamp:i64 mint:pubkey sharing_config:pubkey old_admin:pubkey
  old_shareholders:vec<Shareholder> new_admin:pubkey new_shareholders:vec<Shareholder> old_version:u8 new_version:u8
SetAuthorityEvent timestamp:i64 old_authority:pubkey new_authority:pubkey
SetClaimRateLimitEvent timestamp:i64 claim_rate_limit:u64
SetDisableFlagsEvent timestamp:i64 disable_flags:u8
SetExoticFlatFeesEvent timestamp:i64 admin:pubkey fee_config:pubkey exotic_flat_fees:Fees
SetSocialClaimAuthorityEvent timestamp:i64 social_claim_authority:pubkey
SocialFeePdaClaimed timestamp:i64 user_id:string platform:u8 social_fee_pda:pubkey recipient:pubkey
  social_claim_authority:pubkey amount_claimed:u64 claimable_before:u64 lifetime_claimed:u64
  recipient_balance_before:u64 recipient_balance_after:u64 quote_mint:pubkey lifetime_stable_claimed:u64
SocialFeePdaCreated timestamp:i64 user_id:string platform:u8 social_fee_pda:pubkey created_by:pubkey
SweepBuybackEvent index:u8 sol_amount:u64 token_amount:u64 destination:pubkey buyback_vault:pubkey mint:pubkey
UpdateAdminEvent timestamp:i64 old_admin:pubkey new_admin:pubkey
UpdateFeeConfigEvent timestamp:i64 admin:pubkey fee_config:pubkey fee_tiers:vec<FeeTier> flat_fees:Fees
UpdateFeeSharesEvent timestamp:i64 mint:pubkey sharing_config:pubkey admin:pubkey new_shareholders:vec<Shareholder>
  version:u8
UpdateStableFeeConfigEvent timestamp:i64 admin:pubkey fee_config:pubkey stable_fee_tiers:vec<FeeTier> flat_fees:Fees
UpsertFeeTiersEvent timestamp:i64 admin:pubkey fee_config:pubkey fee_tiers:vec<FeeTier> offset:u8
UpsertStableFeeTiersEvent timestamp:i64 admin:pubkey fee_config:pubkey stable_fee_tiers:vec<FeeTier> offset:u8
"""

_LAUNCHLAB = """
ClaimVestedEvent pool_state:pubkey beneficiary:pubkey claim_amount:u64
CreateVestingEvent pool_state:pubkey beneficiary:pubkey share_amount:u64
"""

_STRUCTS: dict[str, type[Struct]] = {"Fees": Fees, "FeeTier": FeeTier, "Shareholder": Shareholder}


def _layouts(words: str) -> dict[str, Layout]:
    tables: dict[str, list[str]] = {}
    name = ""
    for word in words.split():
        if ":" in word:
            tables[name].append(word)
        else:
            name = word
            tables[name] = []
    # These too have grown by appending; what is there is worth showing.
    return {name: Layout.parse(" ".join(table), _STRUCTS, required=1) for name, table in tables.items()}


OTHER_LAYOUTS: dict[str, dict[str, Layout]] = {
    PUMP: _layouts(_PUMP_AND_PUMPSWAP + _PUMP),
    PUMPSWAP: _layouts(_PUMP_AND_PUMPSWAP + _PUMPSWAP),
    PUMP_FEES: _layouts(_PUMP_FEES),
    LAUNCHLAB: _layouts(_LAUNCHLAB),
}
"""Program id -> event name -> layout."""
