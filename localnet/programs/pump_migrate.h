/* migrate: a completed curve becomes the canonical pool of the pool program. */
#ifndef PUMP_MIGRATE_H
#define PUMP_MIGRATE_H
#include "pump_accounts.h"

enum { M_GLOBAL = 0, M_WITHDRAW, M_MINT, M_CURVE, M_VAULT, M_USER, M_SYSTEM, M_TOKEN, M_AMM, M_POOL, M_AUTHORITY, M_AUTHORITY_BASE,
       M_AUTHORITY_QUOTE, M_AMM_CONFIG, M_WSOL, M_LP_MINT, M_LP_TOKENS, M_POOL_BASE, M_POOL_QUOTE, M_TOKEN_2022, M_ASSOCIATED,
       M_AMM_EVENTS, M_EVENTS, M_SELF, M_RENT, MIGRATE_ACCOUNTS };
typedef struct { u64 sol, tokens, fee; Account *base_program; u8 curve_bump, authority_bump; Seeds curve, authority; } Move;
static const u8 NAME_POOL_AUTHORITY[] = "pool-authority";

APART u64 check_migration(Call *call, Move *m) {
  Account *a = call->a;
  Bytes authority = {NAME_POOL_AUTHORITY, 14};
  CHECK(check_global(a + M_GLOBAL));
  CHECK(check_curve(a + M_CURVE, a + M_MINT, call->program, &m->curve_bump));
  if (!a[M_USER].is_signer) ACCOUNT_FAIL("user", 3010, "AccountNotSigner", "The given account did not sign");
  if (!is_named(a + M_AUTHORITY, authority, a[M_MINT].key->bytes, call->program->bytes, &m->authority_bump)) SEEDS_FAIL("pool_authority");
  if (!is_key(a + M_AMM, KEY_PUMPSWAP)) ADDRESS_FAIL("pump_amm");
  if (!is_key(a + M_WSOL, KEY_WSOL_MINT)) ADDRESS_FAIL("wsol_mint");
  if (!is_key(a + M_EVENTS, KEY_PUMP_EVENT_AUTHORITY)) SEEDS_FAIL("event_authority");
  if (!is_key(a + M_TOKEN, KEY_TOKEN) || !is_key(a + M_TOKEN_2022, KEY_TOKEN_2022)) FAIL(3008, "InvalidProgramId", "Program ID was not as expected");
  const u8 *global = a[M_GLOBAL].data, *curve = a[M_CURVE].data;
  if (!is_key(a + M_WITHDRAW, global + GLOBAL_WITHDRAW_AUTHORITY)) ADDRESS_FAIL("withdraw_authority");
  m->base_program = is_key(a + M_TOKEN, a[M_MINT].owner->bytes) ? a + M_TOKEN : a + M_TOKEN_2022;
  if (!is_associated(a + M_VAULT, a + M_CURVE, m->base_program, a + M_MINT))
    ACCOUNT_FAIL("associated_bonding_curve", 2009, "ConstraintAssociated", "An associated constraint was violated");
  if (!curve[CURVE_COMPLETE]) FAIL(6006, "BondingCurveNotComplete", "The bonding curve has not completed");
  if (!global[GLOBAL_CAN_MIGRATE]) FAIL(6018, "DisabledMigrate", "Migrate instruction is disabled");
  if (!rd64(curve + CURVE_REAL_SOL)) FAIL(6081, "BondingCurveAlreadyMigrated", "Bonding curve has already migrated");
  m->fee = rd64(global + GLOBAL_MIGRATION_FEE);
  m->sol = rd64(curve + CURVE_REAL_SOL) - m->fee;
  m->tokens = rd64(curve + CURVE_SUPPLY) - rd64(global + GLOBAL_REAL_TOKENS);
  return 0;
}

APART u64 new_tokens(Call *call, const Move *m, int owner, int account, int is_quote) {
  Account *a = call->a;
  /* The curve is named because its lamports have just changed. */
  NewToken t = {a + M_AUTHORITY, a + account, a + owner, a + (is_quote ? M_WSOL : M_MINT), a + M_SYSTEM,
                is_quote ? a + M_TOKEN : m->base_program, a + M_ASSOCIATED, a + M_CURVE};
  return make_token_account(call, &t, &m->authority);
}

APART u64 gather(Call *call, const Move *m) {
  Account *a = call->a;
  *a[M_CURVE].lamports -= m->fee + m->sol;
  *a[M_AUTHORITY].lamports += m->fee + m->sol;
  CHECK(new_tokens(call, m, M_POOL, M_POOL_BASE, 0));
  CHECK(new_tokens(call, m, M_POOL, M_POOL_QUOTE, 1));
  CHECK(new_tokens(call, m, M_AUTHORITY, M_AUTHORITY_BASE, 0));
  CHECK(new_tokens(call, m, M_AUTHORITY, M_AUTHORITY_QUOTE, 1));
  Transfer base = {a + M_VAULT, a + M_MINT, a + M_AUTHORITY_BASE, a + M_CURVE, m->base_program};
  CHECK(move_tokens(call, &base, m->tokens, &m->curve));
  Draft d;
  d.count = d.len = 0;
  add(&d, a + M_AUTHORITY, 1, 1);
  add(&d, a + M_AUTHORITY_QUOTE, 1, 0);
  put32(&d, 2);
  put64(&d, m->sol);
  CHECK(invoke(call, &d, a + M_SYSTEM, &m->authority));
  d.count = d.len = 0;
  add(&d, a + M_AUTHORITY_QUOTE, 1, 0);
  put8(&d, 17); /* wrapped SOL counts its lamports anew */
  return invoke(call, &d, a + M_TOKEN, 0);
}

APART u64 open_pool(Call *call, const Move *m) {
  Account *a = call->a;
  const u8 *curve = a[M_CURVE].data;
  Draft d;
  d.count = d.len = 0;
  add(&d, a + M_POOL, 1, 0); add(&d, a + M_AMM_CONFIG, 0, 0); add(&d, a + M_AUTHORITY, 1, 1); add(&d, a + M_MINT, 0, 0);
  add(&d, a + M_WSOL, 0, 0); add(&d, a + M_LP_MINT, 1, 0); add(&d, a + M_AUTHORITY_BASE, 1, 0); add(&d, a + M_AUTHORITY_QUOTE, 1, 0);
  add(&d, a + M_LP_TOKENS, 1, 0); add(&d, a + M_POOL_BASE, 1, 0); add(&d, a + M_POOL_QUOTE, 1, 0); add(&d, a + M_SYSTEM, 0, 0);
  add(&d, a + M_TOKEN_2022, 0, 0); add(&d, m->base_program, 0, 0); add(&d, a + M_TOKEN, 0, 0); add(&d, a + M_ASSOCIATED, 0, 0);
  add(&d, a + M_AMM_EVENTS, 0, 0); add(&d, a + M_AMM, 0, 0);
  put64(&d, IX_CREATE_POOL);
  put8(&d, 0); put8(&d, 0);
  put64(&d, m->tokens); put64(&d, m->sol);
  put_key(&d, curve + CURVE_CREATOR);
  put8(&d, curve[CURVE_MAYHEM]); put8(&d, curve[CURVE_CASHBACK]);
  return invoke(call, &d, a + M_AMM, &m->authority);
}

APART u64 close_temporary(Call *call, const Move *m) {
  Account *a = call->a;
  Transfer base = {a + M_AUTHORITY_BASE, 0, a + M_WITHDRAW, a + M_AUTHORITY, m->base_program};
  CHECK(close_token_account(call, &base, &m->authority));
  Transfer quote = {a + M_AUTHORITY_QUOTE, 0, a + M_WITHDRAW, a + M_AUTHORITY, a + M_TOKEN};
  CHECK(close_token_account(call, &quote, &m->authority));
  Draft d;
  d.count = d.len = 0;
  add(&d, a + M_LP_TOKENS, 1, 0); add(&d, a + M_LP_MINT, 1, 0); add(&d, a + M_AUTHORITY, 0, 1);
  put8(&d, 8); put64(&d, amount_of(a + M_LP_TOKENS)); /* burned: nobody can withdraw the liquidity */
  CHECK(invoke(call, &d, a + M_TOKEN_2022, &m->authority));
  Transfer lp = {a + M_LP_TOKENS, 0, a + M_WITHDRAW, a + M_AUTHORITY, a + M_TOKEN_2022};
  CHECK(close_token_account(call, &lp, &m->authority));
  d.count = d.len = 0;
  add(&d, a + M_AUTHORITY, 1, 1); add(&d, a + M_WITHDRAW, 1, 0);
  put32(&d, 2); put64(&d, *a[M_AUTHORITY].lamports);
  return invoke(call, &d, a + M_SYSTEM, &m->authority);
}

APART u64 tell_migration(Call *call, const Move *m) {
  Account *a = call->a;
  Event e;
  begin(&e, EVENT_MIGRATION);
  say_key(&e, a[M_USER].key->bytes); say_key(&e, a[M_MINT].key->bytes); say64(&e, m->tokens); say64(&e, m->sol); say64(&e, m->fee);
  say_key(&e, a[M_CURVE].key->bytes); say64(&e, now()); say_key(&e, a[M_POOL].key->bytes); say_key(&e, KEY_SYSTEM);
  return tell(call, &e, a + M_EVENTS, BUMP_PUMP_EVENT_AUTHORITY);
}

APART u64 migrate(Call *call) {
  Account *a = call->a;
  Move m;
  if (call->n < MIGRATE_ACCOUNTS) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  CHECK(check_migration(call, &m));
  Bytes curve[3] = {CURVE_SEED, {a[M_MINT].key->bytes, 32}, {&m.curve_bump, 1}};
  Bytes authority[3] = {{NAME_POOL_AUTHORITY, 14}, {a[M_MINT].key->bytes, 32}, {&m.authority_bump, 1}};
  m.curve.at = curve; m.curve.count = 3;
  m.authority.at = authority; m.authority.count = 3;
  CHECK(gather(call, &m));
  CHECK(open_pool(call, &m));
  CHECK(close_temporary(call, &m));
  u8 *state = a[M_CURVE].data;
  for (u64 at = CURVE_VIRTUAL_TOKENS; at <= CURVE_REAL_SOL; at += 8) wr64(state + at, 0);
  return tell_migration(call, &m);
}
#endif
