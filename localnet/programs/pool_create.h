/* create_pool, as the curve program calls it at a migration or anybody for a pool of their own. */
#ifndef POOL_CREATE_H
#define POOL_CREATE_H
#include "pool_accounts.h"

enum { P_POOL = 0, P_CONFIG, P_CREATOR, P_BASE_MINT, P_QUOTE_MINT, P_LP_MINT, P_USER_BASE, P_USER_QUOTE, P_USER_LP, P_BASE, P_QUOTE,
       P_SYSTEM, P_TOKEN_2022, P_BASE_PROGRAM, P_QUOTE_PROGRAM, P_ASSOCIATED, P_EVENTS, P_SELF, CREATE_ACCOUNTS };
#define MINT_BYTES 82
#define LOCKED_LP 100
typedef struct { u64 base, quote, liquidity; const u8 *index, *coin_creator; u8 is_mayhem, is_cashback, bump, lp_bump; } NewPool;

APART u64 read_new_pool(Call *call, NewPool *p) {
  Account *a = call->a;
  static const u8 nobody[32];
  if (call->data_len < 26) FAIL(102, "InstructionDidNotDeserialize", "The program could not deserialize the given instruction");
  p->index = call->data + 8;
  p->base = rd64(call->data + 10);
  p->quote = rd64(call->data + 18);
  /* Later arguments may be left out. */
  p->coin_creator = call->data_len >= 58 ? call->data + 26 : nobody;
  p->is_mayhem = call->data_len > 58 && call->data[58];
  p->is_cashback = call->data_len > 59 && call->data[59];
  if (!p->base) FAIL(6001, "ZeroBaseAmount", "ZeroBaseAmount");
  if (!p->quote) FAIL(6002, "ZeroQuoteAmount", "ZeroQuoteAmount");
  p->liquidity = root_of_product(p->base, p->quote);
  if (p->liquidity <= LOCKED_LP) FAIL(6003, "TooLittlePoolTokenLiquidity", "TooLittlePoolTokenLiquidity");
  int canonical = is_canonical(a[P_CREATOR].key->bytes, a[P_BASE_MINT].key->bytes);
  if (!canonical && !is_zero(p->coin_creator))
    FAIL(6028, "OnlyCanonicalPumpPoolsCanHaveCoinCreator", "OnlyCanonicalPumpPoolsCanHaveCoinCreator");
  if (!canonical && p->is_cashback) FAIL(6050, "OnlyPumpPoolsCashback", "OnlyPumpPoolsCashback");
  if (!canonical && p->is_mayhem) FAIL(6042, "OnlyPumpPoolsMayhemMode", "OnlyPumpPoolsMayhemMode");
  return 0;
}

APART u64 check_new_pool(Call *call, NewPool *p) {
  Account *a = call->a;
  if (!a[P_CREATOR].is_signer) ACCOUNT_FAIL("creator", 3010, "AccountNotSigner", "The given account did not sign");
  if (a[P_CONFIG].data[CONFIG_DISABLED] & DISABLED_CREATE) FAIL(6017, "DisabledCreatePool", "DisabledCreatePool");
  if (is_key(a + P_BASE_MINT, a[P_QUOTE_MINT].key->bytes)) FAIL(6022, "SameMint", "SameMint");
  Bytes seeds[5] = {SEED("pool"), {p->index, 2}, {a[P_CREATOR].key->bytes, 32}, {a[P_BASE_MINT].key->bytes, 32}, {a[P_QUOTE_MINT].key->bytes, 32}};
  if (!is_derived(a[P_POOL].key, seeds, 5, call->program, &p->bump)) SEEDS_FAIL("pool");
  Bytes lp = SEED("pool_lp_mint");
  if (!is_named(a + P_LP_MINT, lp, a[P_POOL].key->bytes, call->program->bytes, &p->lp_bump)) SEEDS_FAIL("lp_mint");
  if (!is_associated(a + P_USER_LP, a + P_CREATOR, a + P_TOKEN_2022, a + P_LP_MINT)) SEEDS_FAIL("user_pool_token_account");
  if (!is_associated(a + P_BASE, a + P_POOL, a + P_BASE_PROGRAM, a + P_BASE_MINT)) SEEDS_FAIL("pool_base_token_account");
  if (!is_associated(a + P_QUOTE, a + P_POOL, a + P_QUOTE_PROGRAM, a + P_QUOTE_MINT)) SEEDS_FAIL("pool_quote_token_account");
  if (!is_key(a + P_EVENTS, KEY_PUMPSWAP_EVENT_AUTHORITY)) SEEDS_FAIL("event_authority");
  if (!is_key(a + P_SYSTEM, KEY_SYSTEM) || !is_key(a + P_TOKEN_2022, KEY_TOKEN_2022) || !is_token_program(a + P_BASE_PROGRAM) ||
      !is_token_program(a + P_QUOTE_PROGRAM) || !is_key(a + P_ASSOCIATED, KEY_ASSOCIATED_TOKEN))
    FAIL(3008, "InvalidProgramId", "Program ID was not as expected");
  return 0;
}

APART u64 fill_pool(Call *call) {
  Account *a = call->a;
  NewToken base = {a + P_CREATOR, a + P_BASE, a + P_POOL, a + P_BASE_MINT, a + P_SYSTEM, a + P_BASE_PROGRAM, a + P_ASSOCIATED, 0};
  if (!a[P_BASE].data_len) CHECK(make_token_account(call, &base, 0));
  NewToken quote = {a + P_CREATOR, a + P_QUOTE, a + P_POOL, a + P_QUOTE_MINT, a + P_SYSTEM, a + P_QUOTE_PROGRAM, a + P_ASSOCIATED, 0};
  if (!a[P_QUOTE].data_len) CHECK(make_token_account(call, &quote, 0));
  Transfer base_in = {a + P_USER_BASE, a + P_BASE_MINT, a + P_BASE, a + P_CREATOR, a + P_BASE_PROGRAM};
  CHECK(move_tokens(call, &base_in, rd64(call->data + 10), 0));
  Transfer quote_in = {a + P_USER_QUOTE, a + P_QUOTE_MINT, a + P_QUOTE, a + P_CREATOR, a + P_QUOTE_PROGRAM};
  return move_tokens(call, &quote_in, rd64(call->data + 18), 0);
}

APART u64 issue_lp(Call *call, const NewPool *p, const Seeds *pool) {
  Account *a = call->a;
  Bytes seeds[3] = {SEED("pool_lp_mint"), {a[P_POOL].key->bytes, 32}, {&p->lp_bump, 1}};
  Seeds signer = {seeds, 3};
  NewAccount mint = {a + P_CREATOR, a + P_LP_MINT, a + P_SYSTEM, MINT_BYTES, KEY_TOKEN_2022};
  CHECK(make_account(call, &mint, &signer));
  Draft d;
  d.count = d.len = 0;
  add(&d, a + P_LP_MINT, 1, 0);
  put8(&d, 20); put8(&d, 9); put_key(&d, a[P_POOL].key->bytes); put8(&d, 0);
  CHECK(invoke(call, &d, a + P_TOKEN_2022, 0));
  NewToken tokens = {a + P_CREATOR, a + P_USER_LP, a + P_CREATOR, a + P_LP_MINT, a + P_SYSTEM, a + P_TOKEN_2022, a + P_ASSOCIATED, 0};
  CHECK(make_token_account(call, &tokens, 0));
  d.count = d.len = 0;
  add(&d, a + P_LP_MINT, 1, 0); add(&d, a + P_USER_LP, 1, 0); add(&d, a + P_POOL, 0, 1);
  put8(&d, 7); put64(&d, p->liquidity - LOCKED_LP);
  return invoke(call, &d, a + P_TOKEN_2022, pool);
}

APART void write_pool(Call *call, const NewPool *p) {
  Account *a = call->a;
  u8 *pool = a[P_POOL].data;
  wr64(pool, ACCOUNT_POOL);
  pool[POOL_BUMP] = p->bump;
  pool[POOL_INDEX] = p->index[0];
  pool[POOL_INDEX + 1] = p->index[1];
  copy_key(pool + POOL_CREATOR, a[P_CREATOR].key->bytes);
  copy_key(pool + POOL_BASE_MINT, a[P_BASE_MINT].key->bytes);
  copy_key(pool + POOL_QUOTE_MINT, a[P_QUOTE_MINT].key->bytes);
  copy_key(pool + POOL_LP_MINT, a[P_LP_MINT].key->bytes);
  copy_key(pool + POOL_BASE, a[P_BASE].key->bytes);
  copy_key(pool + POOL_QUOTE, a[P_QUOTE].key->bytes);
  wr64(pool + POOL_LP_SUPPLY, p->liquidity);
  copy_key(pool + POOL_COIN_CREATOR, p->coin_creator);
  pool[POOL_MAYHEM] = p->is_mayhem;
  pool[POOL_CASHBACK] = p->is_cashback;
}

APART u64 tell_new_pool(Call *call, const NewPool *p) {
  Account *a = call->a;
  Event e;
  begin(&e, EVENT_CREATE_POOL);
  say64(&e, now()); say16(&e, rd16(p->index)); say_key(&e, a[P_CREATOR].key->bytes);
  say_key(&e, a[P_BASE_MINT].key->bytes); say_key(&e, a[P_QUOTE_MINT].key->bytes);
  say8(&e, a[P_BASE_MINT].data[MINT_DECIMALS_AT]); say8(&e, a[P_QUOTE_MINT].data[MINT_DECIMALS_AT]);
  say64(&e, p->base); say64(&e, p->quote); say64(&e, amount_of(a + P_BASE)); say64(&e, amount_of(a + P_QUOTE));
  say64(&e, LOCKED_LP); say64(&e, p->liquidity); say64(&e, p->liquidity - LOCKED_LP); say8(&e, p->bump);
  say_key(&e, a[P_POOL].key->bytes); say_key(&e, a[P_LP_MINT].key->bytes);
  say_key(&e, a[P_USER_BASE].key->bytes); say_key(&e, a[P_USER_QUOTE].key->bytes); say_key(&e, p->coin_creator);
  say8(&e, p->is_mayhem); say64(&e, 0); say8(&e, 0); say8(&e, 0);
  return tell(call, &e, a + P_EVENTS, BUMP_PUMPSWAP_EVENT_AUTHORITY);
}

APART u64 create_pool(Call *call) {
  Account *a = call->a;
  NewPool p;
  if (call->n < CREATE_ACCOUNTS) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  CHECK(check_config(a + P_CONFIG));
  CHECK(read_new_pool(call, &p));
  CHECK(check_new_pool(call, &p));
  Bytes seeds[6] = {SEED("pool"), {p.index, 2}, {a[P_CREATOR].key->bytes, 32}, {a[P_BASE_MINT].key->bytes, 32},
                    {a[P_QUOTE_MINT].key->bytes, 32}, {&p.bump, 1}};
  Seeds pool = {seeds, 6};
  NewAccount state = {a + P_CREATOR, a + P_POOL, a + P_SYSTEM, POOL_BYTES, call->program->bytes};
  CHECK(make_account(call, &state, &pool));
  CHECK(issue_lp(call, &p, &pool));
  CHECK(fill_pool(call));
  write_pool(call, &p);
  return tell_new_pool(call, &p);
}
#endif
