/* Buying from and selling to a pool. */
#ifndef POOL_TRADE_H
#define POOL_TRADE_H
#include "pool_accounts.h"

enum { BUY = 0, BUY_EXACT_QUOTE_IN = 1, SELL = 2 };
enum { T_POOL = 0, T_USER, T_CONFIG, T_BASE_MINT, T_QUOTE_MINT, T_USER_BASE, T_USER_QUOTE, T_BASE, T_QUOTE, T_RECIPIENT,
       T_RECIPIENT_TOKENS, T_BASE_PROGRAM, T_QUOTE_PROGRAM, T_SYSTEM, T_ASSOCIATED, T_EVENTS, T_SELF, T_CREATOR_TOKENS,
       T_CREATOR_VAULT };
enum { VOLUME_BYTES = 137, VOLUME_USER = 8, VOLUME_UNCLAIMED = 41, VOLUME_CLAIMED = 49, VOLUME_SOL = 57, VOLUME_UPDATED = 65,
       VOLUME_CASHBACK = 74 };
typedef struct {
  Account *volume, *volume_tokens, *fee_config, *fee_program, *buyback, *buyback_tokens;
  u8 kind, is_buy, is_exact_in, volume_bump;
  u64 amount, limit, base, quote, user_total, base_before, quote_before, user_base_before, user_quote_before, effective;
  Rates rates;
  Fees fees;
} Swap;

APART u64 name_rest(Call *call, Swap *s) {
  Account *a = call->a;
  u64 at = s->is_buy ? 23 : 21;
  const u8 *pool = a[T_POOL].data;
  s->volume = s->is_buy ? a + 20 : 0;
  s->volume_tokens = 0;
  s->fee_config = a + at - 2;
  s->fee_program = a + at - 1;
  if (s->is_buy && !is_key(a + 19, KEY_PUMPSWAP_GLOBAL_VOLUME)) SEEDS_FAIL("global_volume_accumulator");
  if (pool[POOL_CASHBACK]) {
    if (call->n < at + (s->is_buy ? 1 : 2)) FAIL(6059, "MissingCashbackAccounts", "Cashback trade is missing the required remaining accounts");
    s->volume_tokens = a + at++;
    if (!s->is_buy) s->volume = a + at++;
  }
  if (!is_zero(pool + POOL_COIN_CREATOR)) {
    Bytes name = SEED("pool-v2");
    if (call->n <= at || !is_named(a + at, name, a[T_BASE_MINT].key->bytes, call->program->bytes, 0))
      FAIL(6062, "InvalidPoolV2", "pool_v2 remaining account is missing or invalid");
    at++;
  }
  if (call->n < at + 2) FAIL(6058, "BuybackFeeRecipientMissing", "BuybackFeeRecipientMissing");
  s->buyback = a + at;
  s->buyback_tokens = a + at + 1;
  return 0;
}

APART u64 check_pool(Call *call) {
  Account *a = call->a, *pool = a + T_POOL;
  if (!same(pool->owner->bytes, call->program->bytes))
    ACCOUNT_FAIL("pool", 3007, "AccountOwnedByWrongProgram", "The given account is owned by a different program than expected");
  if (pool->data_len < POOL_LEAST_BYTES || rd64(pool->data) != ACCOUNT_POOL)
    ACCOUNT_FAIL("pool", 3003, "AccountDidNotDeserialize", "Failed to deserialize the account");
  if (!a[T_USER].is_signer) ACCOUNT_FAIL("user", 3010, "AccountNotSigner", "The given account did not sign");
  if (!is_key(a + T_BASE_MINT, pool->data + POOL_BASE_MINT)) FAIL(6008, "InvalidBaseMint", "InvalidBaseMint");
  if (!is_key(a + T_QUOTE_MINT, pool->data + POOL_QUOTE_MINT)) FAIL(6009, "InvalidQuoteMint", "InvalidQuoteMint");
  if (!is_key(a + T_BASE, pool->data + POOL_BASE)) FAIL(6014, "InvalidPoolBaseTokenAccount", "InvalidPoolBaseTokenAccount");
  if (!is_key(a + T_QUOTE, pool->data + POOL_QUOTE)) FAIL(6015, "InvalidPoolQuoteTokenAccount", "InvalidPoolQuoteTokenAccount");
  if (!same(a[T_BASE_MINT].owner->bytes, a[T_BASE_PROGRAM].key->bytes) || !same(a[T_QUOTE_MINT].owner->bytes, a[T_QUOTE_PROGRAM].key->bytes))
    FAIL(2022, "ConstraintMintTokenProgram", "A mint token program constraint was violated");
  if (!is_key(a + T_SYSTEM, KEY_SYSTEM) || !is_key(a + T_ASSOCIATED, KEY_ASSOCIATED_TOKEN))
    FAIL(3008, "InvalidProgramId", "Program ID was not as expected");
  if (!is_key(a + T_EVENTS, KEY_PUMPSWAP_EVENT_AUTHORITY)) SEEDS_FAIL("event_authority");
  if (!is_key(a + T_SELF, call->program->bytes)) ADDRESS_FAIL("program");
  CHECK(check_user_tokens(a + T_USER_BASE, a + T_BASE_MINT, a + T_USER, a + T_BASE_PROGRAM));
  return check_user_tokens(a + T_USER_QUOTE, a + T_QUOTE_MINT, a + T_USER, a + T_QUOTE_PROGRAM);
}

APART u64 check_receivers(Call *call, Swap *s) {
  Account *a = call->a;
  const u8 *config = a[T_CONFIG].data, *pool = a[T_POOL].data, *key = a[T_RECIPIENT].key->bytes;
  int known = pool[POOL_MAYHEM]
      ? is_listed(key, config + CONFIG_RESERVED_RECIPIENT, 1) || is_listed(key, config + CONFIG_RESERVED_RECIPIENTS, 7)
      : is_listed(key, config + CONFIG_RECIPIENTS, 8);
  if (!known) FAIL(6013, "InvalidProtocolFeeRecipient", "InvalidProtocolFeeRecipient");
  if (!is_associated(a + T_RECIPIENT_TOKENS, a + T_RECIPIENT, a + T_QUOTE_PROGRAM, a + T_QUOTE_MINT)) SEEDS_FAIL("protocol_fee_recipient_token_account");
  if (!is_listed(s->buyback->key->bytes, config + CONFIG_BUYBACK_RECIPIENTS, 8))
    FAIL(6053, "BuybackFeeRecipientNotAuthorized", "Buyback fee recipient not authorized");
  if (!is_associated(s->buyback_tokens, s->buyback, a + T_QUOTE_PROGRAM, a + T_QUOTE_MINT))
    ACCOUNT_FAIL("buyback_fee_recipient_token_account", 2009, "ConstraintAssociated", "An associated constraint was violated");
  Bytes vault = SEED("creator_vault"), volume = SEED("user_volume_accumulator");
  if (!is_named(a + T_CREATOR_VAULT, vault, pool + POOL_COIN_CREATOR, call->program->bytes, 0)) SEEDS_FAIL("coin_creator_vault_authority");
  if (!is_associated(a + T_CREATOR_TOKENS, a + T_CREATOR_VAULT, a + T_QUOTE_PROGRAM, a + T_QUOTE_MINT)) SEEDS_FAIL("coin_creator_vault_ata");
  if (s->volume && !is_named(s->volume, volume, a[T_USER].key->bytes, call->program->bytes, &s->volume_bump)) {
    if (s->is_buy) SEEDS_FAIL("user_volume_accumulator");
    FAIL(6060, "InvalidCashbackAccumulator", "Cashback user_volume_accumulator account is invalid");
  }
  if (s->volume_tokens && !is_associated(s->volume_tokens, s->volume, a + T_QUOTE_PROGRAM, a + T_QUOTE_MINT))
    FAIL(6061, "InvalidCashbackAccumulatorAta", "Cashback user_volume_accumulator ATA is missing or invalid");
  if (!is_key(s->fee_program, KEY_PUMP_FEES)) ADDRESS_FAIL("fee_program");
  if (!is_key(s->fee_config, KEY_PUMPSWAP_FEE_CONFIG)) SEEDS_FAIL("fee_config");
  return 0;
}

APART u64 measure(Call *call, Swap *s) {
  Account *a = call->a;
  const u8 *pool = a[T_POOL].data;
  s->base_before = amount_of(a + T_BASE);
  s->quote_before = amount_of(a + T_QUOTE);
  s->user_base_before = amount_of(a + T_USER_BASE);
  s->user_quote_before = amount_of(a + T_USER_QUOTE);
  /* Virtual reserves price, but are never paid out. 128 bits wide, used here within 63. */
  s->effective = s->quote_before + rd64(pool + POOL_VIRTUAL);
  u64 supply = rd64(a[T_BASE_MINT].data + MINT_SUPPLY_AT);
  u64 cap = s->base_before ? ratio(s->effective, supply, s->base_before, 0) : NO_RESULT;
  if (!find_rates(s->fee_config, cap, !is_canonical(pool + POOL_CREATOR, pool + POOL_BASE_MINT), &s->rates))
    ACCOUNT_FAIL("fee_config", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  u64 own = rd64(pool + POOL_CREATOR_BPS);
  if (own && a[T_CONFIG].data[CONFIG_CREATOR_FEES]) s->rates.creator = own;
  if (is_zero(pool + POOL_COIN_CREATOR)) s->rates.creator = 0;
  if (pool[POOL_CASHBACK]) { s->rates.cashback = s->rates.creator; s->rates.creator = 0; }
  s->rates.buyback_share = rd64(a[T_CONFIG].data + CONFIG_BUYBACK_BPS);
  return 0;
}

APART u64 quote_buy(Swap *s) {
  if (s->is_exact_in) {
    if (!s->amount) FAIL(6002, "ZeroQuoteAmount", "ZeroQuoteAmount");
    s->quote = without_fees(s->amount, &s->rates);
    if (s->quote < 2) FAIL(6039, "BuyNotEnoughQuoteTokensToCoverFees", "buy: Not enough quote tokens to cover for fees");
    s->base = ratio(s->quote - 1, s->base_before, s->effective + s->quote - 1, 0);
    if (!s->base) FAIL(6001, "ZeroBaseAmount", "ZeroBaseAmount");
    if (s->base < s->limit)
      FAIL(6040, "BuySlippageBelowMinBaseAmountOut", "buy: slippage - would buy less tokens than expected min_base_amount_out");
  } else {
    if (!s->amount) FAIL(6001, "ZeroBaseAmount", "ZeroBaseAmount");
    if (s->amount >= s->base_before) FAIL(6016, "BuyMoreBaseAmountThanPoolReserves", "BuyMoreBaseAmountThanPoolReserves");
    s->base = s->amount;
    s->quote = ratio(s->effective, s->base, s->base_before - s->base, 1);
    if (s->quote == NO_RESULT) FAIL(6023, "Overflow", "Overflow");
  }
  charge(s->quote, &s->rates, &s->fees);
  s->user_total = s->quote + s->fees.total;
  if (!s->is_exact_in && s->user_total > s->limit) FAIL(6004, "ExceededSlippage", "ExceededSlippage");
  return 0;
}

APART u64 quote_sale(Swap *s) {
  if (!s->amount) FAIL(6001, "ZeroBaseAmount", "ZeroBaseAmount");
  s->base = s->amount;
  s->quote = ratio(s->effective, s->base, s->base_before + s->base, 0);
  charge(s->quote, &s->rates, &s->fees);
  if (s->quote <= s->fees.total) FAIL(6023, "Overflow", "Overflow");
  s->user_total = s->quote - s->fees.total;
  if (s->user_total < s->limit) FAIL(6004, "ExceededSlippage", "ExceededSlippage");
  if (s->quote - s->fees.lp > s->quote_before)
    FAIL(6063, "InsufficientRealQuoteReserves", "BOOST: sell output exceeds the real quote vault");
  return 0;
}

/* Accounts that a trade makes for those who receive from it; the user pays their rent. */
APART u64 make_receivers(Call *call, Swap *s) {
  Account *a = call->a;
  NewToken t = {a + T_USER, a + T_RECIPIENT_TOKENS, a + T_RECIPIENT, a + T_QUOTE_MINT, a + T_SYSTEM, a + T_QUOTE_PROGRAM, a + T_ASSOCIATED, 0};
  if (!a[T_RECIPIENT_TOKENS].data_len) CHECK(make_token_account(call, &t, 0));
  if (s->fees.creator && !a[T_CREATOR_TOKENS].data_len) {
    t.account = a + T_CREATOR_TOKENS;
    t.owner = a + T_CREATOR_VAULT;
    CHECK(make_token_account(call, &t, 0));
  }
  if (s->is_buy && !s->volume->data_len) {
    Bytes seeds[3] = {SEED("user_volume_accumulator"), {a[T_USER].key->bytes, 32}, {&s->volume_bump, 1}};
    Seeds signer = {seeds, 3};
    NewAccount n = {a + T_USER, s->volume, a + T_SYSTEM, VOLUME_BYTES, call->program->bytes};
    CHECK(make_account(call, &n, &signer));
    wr64(s->volume->data, ACCOUNT_USER_VOLUME);
    copy_key(s->volume->data + VOLUME_USER, a[T_USER].key->bytes);
  }
  if (s->volume_tokens && !s->is_buy) {
    /* A buy opens them; at a sale they must be there. */
    if (s->volume->data_len < VOLUME_BYTES) FAIL(6060, "InvalidCashbackAccumulator", "Cashback user_volume_accumulator account is invalid");
    if (!s->volume_tokens->data_len)
      FAIL(6061, "InvalidCashbackAccumulatorAta", "Cashback user_volume_accumulator ATA is missing or invalid");
  } else if (s->volume_tokens && !s->volume_tokens->data_len) {
    t.account = s->volume_tokens;
    t.owner = s->volume;
    CHECK(make_token_account(call, &t, 0));
  }
  return 0;
}

/* Fees leave the user's tokens at a buy and the pool's at a sale. */
APART u64 pay_fees(Call *call, Swap *s, const Seeds *pool) {
  Account *a = call->a;
  Transfer t = {s->is_buy ? a + T_USER_QUOTE : a + T_QUOTE, a + T_QUOTE_MINT, a + T_RECIPIENT_TOKENS, s->is_buy ? a + T_USER : a + T_POOL,
                a + T_QUOTE_PROGRAM};
  CHECK(move_tokens(call, &t, s->fees.protocol - s->fees.buyback, pool));
  t.to = s->buyback_tokens;
  CHECK(move_tokens(call, &t, s->fees.buyback, pool));
  t.to = a + T_CREATOR_TOKENS;
  CHECK(move_tokens(call, &t, s->fees.creator, pool));
  t.to = s->volume_tokens;
  return s->volume_tokens ? move_tokens(call, &t, s->fees.cashback, pool) : 0;
}

APART void note_cashback(Swap *s) {
  if (!s->fees.cashback) return;
  u8 *earned = s->volume->data + VOLUME_CASHBACK;
  wr64(earned, rd64(earned) + s->fees.cashback);
}

APART u64 settle(Call *call, Swap *s) {
  Account *a = call->a;
  const u8 *pool = a[T_POOL].data;
  Bytes seeds[6] = {SEED("pool"), {pool + POOL_INDEX, 2}, {pool + POOL_CREATOR, 32}, {pool + POOL_BASE_MINT, 32},
                    {pool + POOL_QUOTE_MINT, 32}, {pool + POOL_BUMP, 1}};
  Seeds signer = {seeds, 6};
  CHECK(make_receivers(call, s));
  if (s->is_buy) {
    Transfer base = {a + T_BASE, a + T_BASE_MINT, a + T_USER_BASE, a + T_POOL, a + T_BASE_PROGRAM};
    CHECK(move_tokens(call, &base, s->base, &signer));
    Transfer quote = {a + T_USER_QUOTE, a + T_QUOTE_MINT, a + T_QUOTE, a + T_USER, a + T_QUOTE_PROGRAM};
    CHECK(move_tokens(call, &quote, s->quote + s->fees.lp, 0));
    CHECK(pay_fees(call, s, 0));
    u8 *volume = s->volume->data;
    wr64(volume + VOLUME_SOL, rd64(volume + VOLUME_SOL) + s->quote);
    wr64(volume + VOLUME_UPDATED, now());
    return 0;
  }
  Transfer base = {a + T_USER_BASE, a + T_BASE_MINT, a + T_BASE, a + T_USER, a + T_BASE_PROGRAM};
  CHECK(move_tokens(call, &base, s->base, 0));
  Transfer quote = {a + T_QUOTE, a + T_QUOTE_MINT, a + T_USER_QUOTE, a + T_POOL, a + T_QUOTE_PROGRAM};
  CHECK(move_tokens(call, &quote, s->user_total, &signer));
  return pay_fees(call, s, &signer);
}

APART void say_middle(Event *e, const Account *a, const Swap *s) {
  const u8 *pool = a[T_POOL].data;
  say_key(e, a[T_POOL].key->bytes); say_key(e, a[T_USER].key->bytes); say_key(e, a[T_USER_BASE].key->bytes);
  say_key(e, a[T_USER_QUOTE].key->bytes); say_key(e, a[T_RECIPIENT].key->bytes); say_key(e, a[T_RECIPIENT_TOKENS].key->bytes);
  say_key(e, pool + POOL_COIN_CREATOR); say64(e, s->rates.creator); say64(e, s->fees.creator);
}

APART void say_end(Event *e, const Account *a, const Swap *s) {
  const u8 *pool = a[T_POOL].data;
  say64(e, s->rates.cashback); say64(e, s->fees.cashback); say64(e, s->rates.buyback_share); say64(e, s->fees.buyback);
  say64(e, rd64(pool + POOL_VIRTUAL)); say64(e, rd64(pool + POOL_VIRTUAL + 8)); say8(e, 0);
  say64(e, rd64(a[T_BASE_MINT].data + MINT_SUPPLY_AT)); say64(e, 0); say64(e, 0);
}

APART u64 tell_swap(Call *call, const Swap *s) {
  Account *a = call->a;
  Event e;
  begin(&e, s->is_buy ? EVENT_POOL_BUY : EVENT_POOL_SELL);
  say64(&e, now()); say64(&e, s->base); say64(&e, s->is_exact_in ? s->amount : s->limit);
  say64(&e, s->user_base_before); say64(&e, s->user_quote_before); say64(&e, s->base_before); say64(&e, s->quote_before);
  say64(&e, s->quote); say64(&e, s->rates.lp); say64(&e, s->fees.lp); say64(&e, s->rates.protocol); say64(&e, s->fees.protocol);
  say64(&e, s->is_buy ? s->quote + s->fees.lp : s->quote - s->fees.lp); say64(&e, s->user_total);
  say_middle(&e, a, s);
  if (s->is_buy) {
    const u8 *volume = s->volume->data;
    say8(&e, 1);
    say64(&e, rd64(volume + VOLUME_UNCLAIMED)); say64(&e, rd64(volume + VOLUME_CLAIMED)); say64(&e, rd64(volume + VOLUME_SOL));
    say64(&e, rd64(volume + VOLUME_UPDATED));
    say64(&e, s->is_exact_in ? s->limit : s->base);
    if (s->is_exact_in) SAY_NAME(&e, "buy_exact_quote_in"); else SAY_NAME(&e, "buy");
  }
  say_end(&e, a, s);
  return tell(call, &e, a + T_EVENTS, BUMP_PUMPSWAP_EVENT_AUTHORITY);
}

APART u64 swap(Call *call, u8 kind) {
  Account *a = call->a;
  Swap s;
  s.kind = kind;
  s.is_buy = kind != SELL;
  s.is_exact_in = kind == BUY_EXACT_QUOTE_IN;
  if (call->data_len < 24) FAIL(102, "InstructionDidNotDeserialize", "The program could not deserialize the given instruction");
  if (call->n < (s.is_buy ? 23 : 21)) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  s.amount = rd64(call->data + 8);
  s.limit = rd64(call->data + 16);
  CHECK(check_config(a + T_CONFIG));
  const u8 *config = a[T_CONFIG].data;
  if (config[CONFIG_LAYOUT] & (s.is_buy ? CHANGED_BUY : CHANGED_SELL)) {
    if (!is_key(a + call->n - 1, KEY_LAYOUT)) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
    call->n--;
  }
  if (config[CONFIG_DISABLED] & (s.is_buy ? DISABLED_BUY : DISABLED_SELL)) FAIL(6020, "DisabledBuy", "DisabledBuy");
  CHECK(check_pool(call));
  CHECK(name_rest(call, &s));
  CHECK(check_receivers(call, &s));
  CHECK(measure(call, &s));
  CHECK(s.is_buy ? quote_buy(&s) : quote_sale(&s));
  CHECK(settle(call, &s));
  note_cashback(&s);
  return tell_swap(call, &s);
}
#endif
