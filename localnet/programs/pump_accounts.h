/* Where the curve program's accounts keep what it reads and writes. Interface file of pump-sdk 2.0.0. */
#ifndef PUMP_ACCOUNTS_H
#define PUMP_ACCOUNTS_H
#include "money.h"
#include "tokens.h"

enum {
  GLOBAL_FEE_RECIPIENT = 41, GLOBAL_VIRTUAL_TOKENS = 73, GLOBAL_VIRTUAL_SOL = 81, GLOBAL_REAL_TOKENS = 89,
  GLOBAL_SUPPLY = 97, GLOBAL_WITHDRAW_AUTHORITY = 113, GLOBAL_CAN_MIGRATE = 145, GLOBAL_MIGRATION_FEE = 146,
  GLOBAL_FEE_RECIPIENTS = 162, GLOBAL_CAN_CREATE_V2 = 450, GLOBAL_RESERVED_RECIPIENT = 483, GLOBAL_MAYHEM = 515,
  GLOBAL_RESERVED_RECIPIENTS = 516, GLOBAL_CASHBACK = 740, GLOBAL_BUYBACK_RECIPIENTS = 741, GLOBAL_BUYBACK_BPS = 997,
  GLOBAL_CREATOR_FEES = 1045, GLOBAL_LAYOUT = 1087, GLOBAL_BYTES = 1088
};
enum {
  CURVE_VIRTUAL_TOKENS = 8, CURVE_VIRTUAL_SOL = 16, CURVE_REAL_TOKENS = 24, CURVE_REAL_SOL = 32, CURVE_SUPPLY = 40,
  CURVE_COMPLETE = 48, CURVE_CREATOR = 49, CURVE_MAYHEM = 81, CURVE_CASHBACK = 82, CURVE_QUOTE_MINT = 83,
  CURVE_CREATOR_BPS = 115, CURVE_KNOWN = 125, CURVE_BYTES = 151
};
enum {
  VOLUME_USER = 8, VOLUME_UNCLAIMED = 41, VOLUME_CLAIMED = 49, VOLUME_SOL = 57, VOLUME_UPDATED = 65,
  VOLUME_CASHBACK = 74, VOLUME_BYTES = 137
};
/* What an upgrade that changed the account lists touched, as GLOBAL_LAYOUT counts it: bit by bit. Such an instruction
   wants one more account at the end. */
enum { CHANGED_BUY = 1, CHANGED_SELL = 2, CHANGED_LEGACY_BUY = 4, CHANGED_LEGACY_SELL = 8 };

static const u8 NAME_CURVE[] = "bonding-curve";
#define CURVE_SEED {NAME_CURVE, 13}

APART u64 check_global(const Account *global) {
  if (!is_key(global, KEY_PUMP_GLOBAL)) SEEDS_FAIL("global");
  if (global->data_len < GLOBAL_BYTES || rd64(global->data) != ACCOUNT_GLOBAL)
    ACCOUNT_FAIL("global", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  return 0;
}

APART u64 check_layout(const Call *call, const Account *global, u8 kind) {
  if ((global->data[GLOBAL_LAYOUT] & kind) && !is_key(&call->a[call->n - 1], KEY_LAYOUT))
    FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  return 0;
}

APART u64 check_curve(const Account *curve, const Account *mint, const Key *program, u8 *bump) {
  Bytes name = CURVE_SEED;
  if (!is_named(curve, name, mint->key->bytes, program->bytes, bump)) SEEDS_FAIL("bonding_curve");
  if (!same(curve->owner->bytes, program->bytes))
    ACCOUNT_FAIL("bonding_curve", 3007, "AccountOwnedByWrongProgram", "The given account is owned by a different program than expected");
  if (curve->data_len < CURVE_KNOWN || rd64(curve->data) != ACCOUNT_BONDING_CURVE)
    ACCOUNT_FAIL("bonding_curve", 3002, "AccountDiscriminatorMismatch", "Account discriminator did not match what was expected");
  return 0;
}

INLINE int is_listed(const u8 *key, const u8 *list, u64 count) {
  for (u64 i = 0; i < count; i++) if (same(key, list + 32 * i)) return 1;
  return 0;
}
#endif
