/* create_v2: a Token-2022 mint with its metadata, the curve, its token account with the whole supply. */
#ifndef PUMP_CREATE_H
#define PUMP_CREATE_H
#include "pump_accounts.h"

enum { MINT = 0, MINT_AUTHORITY, CURVE, VAULT, GLOBAL, CREATOR_USER, SYSTEM, TOKEN_PROGRAM, ASSOCIATED, MAYHEM, GLOBAL_PARAMS,
       SOL_VAULT, MAYHEM_STATE, MAYHEM_VAULT, EVENT_AUTHORITY, SELF, CREATE_ACCOUNTS };
#define MINT_BYTES 234
static const u8 NAME_MINT_AUTHORITY[] = "mint-authority";
typedef struct { Bytes name, symbol, uri; const u8 *creator; u8 is_mayhem, is_cashback; u8 curve_bump; } Coin;

/* The next length-prefixed text at *at. False when the data end before it, or it is longer than `most`. */
APART int take_text(const Call *call, u64 *at, u64 most, Bytes *out) {
  if (*at + 4 > call->data_len) return 0;
  const u8 *p = call->data + *at;
  out->len = (u64)(p[0] | p[1] << 8) | (u64)p[2] << 16 | (u64)p[3] << 24;
  out->at = p + 4;
  if (out->len > most || *at + 4 + out->len > call->data_len) return 0;
  *at += 4 + out->len;
  return 1;
}

APART u64 read_coin(const Call *call, Coin *coin) {
  u64 at = 8;
  if (!take_text(call, &at, 32, &coin->name)) FAIL(6043, "NameTooLong", "NameTooLong");
  if (!take_text(call, &at, 13, &coin->symbol)) FAIL(6044, "SymbolTooLong", "SymbolTooLong");
  if (!take_text(call, &at, 200, &coin->uri)) FAIL(6045, "UriTooLong", "UriTooLong");
  if (at + 33 > call->data_len) FAIL(102, "InstructionDidNotDeserialize", "The program could not deserialize the given instruction");
  coin->creator = call->data + at;
  coin->is_mayhem = call->data[at + 32];
  /* Later arguments may be left out. */
  coin->is_cashback = at + 33 < call->data_len && call->data[at + 33];
  return 0;
}

APART u64 check_creation(Call *call, Coin *coin) {
  Account *a = call->a;
  const u8 *global = a[GLOBAL].data;
  Bytes curve = CURVE_SEED, state = SEED("mayhem-state");
  if (!is_key(a + MINT_AUTHORITY, KEY_MINT_AUTHORITY)) SEEDS_FAIL("mint_authority");
  if (!is_named(a + CURVE, curve, a[MINT].key->bytes, call->program->bytes, &coin->curve_bump)) SEEDS_FAIL("bonding_curve");
  if (!is_associated(a + VAULT, a + CURVE, a + TOKEN_PROGRAM, a + MINT)) SEEDS_FAIL("associated_bonding_curve");
  if (!is_key(a + SYSTEM, KEY_SYSTEM) || !is_key(a + TOKEN_PROGRAM, KEY_TOKEN_2022) || !is_key(a + ASSOCIATED, KEY_ASSOCIATED_TOKEN))
    FAIL(3008, "InvalidProgramId", "Program ID was not as expected");
  if (!is_key(a + MAYHEM, KEY_MAYHEM)) ADDRESS_FAIL("mayhem_program_id");
  if (!is_key(a + GLOBAL_PARAMS, KEY_MAYHEM_PARAMS)) SEEDS_FAIL("global_params");
  if (!is_key(a + SOL_VAULT, KEY_MAYHEM_AGENT)) SEEDS_FAIL("sol_vault");
  if (!is_named(a + MAYHEM_STATE, state, a[MINT].key->bytes, KEY_MAYHEM, 0)) SEEDS_FAIL("mayhem_state");
  if (!is_key(a + EVENT_AUTHORITY, KEY_PUMP_EVENT_AUTHORITY)) SEEDS_FAIL("event_authority");
  if (!a[MINT].is_signer || !a[CREATOR_USER].is_signer) FAIL(3010, "AccountNotSigner", "The given account did not sign");
  if (!global[GLOBAL_CAN_CREATE_V2]) FAIL(6046, "CreateV2Disabled", "CreateV2Disabled");
  if (coin->is_mayhem && !global[GLOBAL_MAYHEM]) FAIL(6048, "MayhemModeDisabled", "MayhemModeDisabled");
  if (coin->is_cashback && !global[GLOBAL_CASHBACK]) FAIL(6082, "CashbackDeprecated", "Cashback coins can no longer be created");
  if (is_zero(coin->creator)) FAIL(6030, "CreatorShouldNotBeZero", "Creator should not be zero");
  return 0;
}

APART u64 make_mint(Call *call, const Coin *coin) {
  Account *a = call->a;
  NewAccount n = {a + CREATOR_USER, a + MINT, a + SYSTEM, MINT_BYTES, KEY_TOKEN_2022};
  CHECK(make_account(call, &n, 0));
  Draft d;
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0);
  put8(&d, 39); put8(&d, 0); /* the mint is its own metadata */
  put_key(&d, KEY_SYSTEM); put_key(&d, a[MINT].key->bytes);
  CHECK(invoke(call, &d, a + TOKEN_PROGRAM, 0));
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0);
  put8(&d, 20); put8(&d, 6); put_key(&d, a[MINT_AUTHORITY].key->bytes); put8(&d, 0);
  CHECK(invoke(call, &d, a + TOKEN_PROGRAM, 0));
  /* The entry: type, length, two keys, three texts, an empty list. */
  u64 more = 4 + 64 + 12 + coin->name.len + coin->symbol.len + coin->uri.len + 4;
  /* The token program keeps 355 bytes for accounts of several signers, and goes around that length. */
  if (MINT_BYTES + more == 355) more += 2;
  Payment rent = {a + CREATOR_USER, a + MINT, a + CREATOR_USER, a + SYSTEM};
  return pay(call, &rent, more * 6960);
}

INLINE void put_text(Draft *d, const Bytes *text) {
  put32(d, (u32)text->len);
  for (u64 i = 0; i < text->len; i++) put8(d, text->at[i]);
}

APART u64 describe(Call *call, const Coin *coin, const Seeds *authority) {
  Account *a = call->a;
  Draft d;
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0); add(&d, a + MINT_AUTHORITY, 0, 0); add(&d, a + MINT, 0, 0); add(&d, a + MINT_AUTHORITY, 0, 1);
  put64(&d, METADATA_INITIALIZE);
  put_text(&d, &coin->name); put_text(&d, &coin->symbol); put_text(&d, &coin->uri);
  CHECK(invoke(call, &d, a + TOKEN_PROGRAM, authority));
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0); add(&d, a + MINT_AUTHORITY, 0, 1);
  put64(&d, METADATA_UPDATE_AUTHORITY); put_key(&d, KEY_SYSTEM);
  return invoke(call, &d, a + TOKEN_PROGRAM, authority);
}

APART u64 fill_vault(Call *call, const Seeds *authority) {
  Account *a = call->a;
  NewToken vault = {a + CREATOR_USER, a + VAULT, a + CURVE, a + MINT, a + SYSTEM, a + TOKEN_PROGRAM, a + ASSOCIATED, 0};
  CHECK(make_token_account(call, &vault, 0));
  Draft d;
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0); add(&d, a + VAULT, 1, 0); add(&d, a + MINT_AUTHORITY, 0, 1);
  put8(&d, 7); put64(&d, rd64(a[GLOBAL].data + GLOBAL_SUPPLY));
  CHECK(invoke(call, &d, a + TOKEN_PROGRAM, authority));
  d.count = d.len = 0;
  add(&d, a + MINT, 1, 0); add(&d, a + MINT_AUTHORITY, 0, 1);
  put8(&d, 6); put8(&d, 0); put8(&d, 0); /* nobody may mint any more */
  return invoke(call, &d, a + TOKEN_PROGRAM, authority);
}

APART u64 open_curve(Call *call, const Coin *coin) {
  Account *a = call->a;
  const u8 *global = a[GLOBAL].data;
  Bytes seeds[3] = {CURVE_SEED, {a[MINT].key->bytes, 32}, {&coin->curve_bump, 1}};
  Seeds signer = {seeds, 3};
  NewAccount n = {a + CREATOR_USER, a + CURVE, a + SYSTEM, CURVE_BYTES, call->program->bytes};
  CHECK(make_account(call, &n, &signer));
  u8 *curve = a[CURVE].data;
  wr64(curve, ACCOUNT_BONDING_CURVE);
  wr64(curve + CURVE_VIRTUAL_TOKENS, rd64(global + GLOBAL_VIRTUAL_TOKENS));
  wr64(curve + CURVE_VIRTUAL_SOL, rd64(global + GLOBAL_VIRTUAL_SOL));
  wr64(curve + CURVE_REAL_TOKENS, rd64(global + GLOBAL_REAL_TOKENS));
  wr64(curve + CURVE_SUPPLY, rd64(global + GLOBAL_SUPPLY));
  copy_key(curve + CURVE_CREATOR, coin->creator);
  curve[CURVE_MAYHEM] = coin->is_mayhem;
  curve[CURVE_CASHBACK] = coin->is_cashback;
  return 0;
}

APART u64 tell_creation(Call *call, const Coin *coin) {
  Account *a = call->a;
  const u8 *curve = a[CURVE].data;
  Event e;
  begin(&e, EVENT_CREATE);
  say_text(&e, coin->name.at, coin->name.len); say_text(&e, coin->symbol.at, coin->symbol.len);
  say_text(&e, coin->uri.at, coin->uri.len);
  say_key(&e, a[MINT].key->bytes); say_key(&e, a[CURVE].key->bytes); say_key(&e, a[CREATOR_USER].key->bytes);
  say_key(&e, coin->creator); say64(&e, now());
  say64(&e, rd64(curve + CURVE_VIRTUAL_TOKENS)); say64(&e, rd64(curve + CURVE_VIRTUAL_SOL));
  say64(&e, rd64(curve + CURVE_REAL_TOKENS)); say64(&e, rd64(curve + CURVE_SUPPLY));
  say_key(&e, a[TOKEN_PROGRAM].key->bytes); say8(&e, coin->is_mayhem); say8(&e, coin->is_cashback);
  say_key(&e, KEY_SYSTEM); say64(&e, rd64(curve + CURVE_VIRTUAL_SOL)); say64(&e, 0); say8(&e, 0);
  return tell(call, &e, a + EVENT_AUTHORITY, BUMP_PUMP_EVENT_AUTHORITY);
}

APART u64 create_v2(Call *call) {
  Account *a = call->a;
  Coin coin;
  if (call->n < CREATE_ACCOUNTS) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  if (call->n > CREATE_ACCOUNTS && !is_key(a + CREATE_ACCOUNTS, KEY_WSOL_MINT)) FAIL(6063, "UnsupportedQuoteMint", "Unsupported quote mint");
  CHECK(check_global(a + GLOBAL));
  CHECK(read_coin(call, &coin));
  CHECK(check_creation(call, &coin));
  static const u8 bump[1] = {BUMP_MINT_AUTHORITY};
  Bytes seeds[2] = {{NAME_MINT_AUTHORITY, 14}, {bump, 1}};
  Seeds authority = {seeds, 2};
  CHECK(make_mint(call, &coin));
  CHECK(open_curve(call, &coin));
  CHECK(describe(call, &coin, &authority));
  CHECK(fill_vault(call, &authority));
  return tell_creation(call, &coin);
}
#endif
