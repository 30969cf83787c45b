/* Buying from and selling to the curve: six instructions, one trade. */
#ifndef PUMP_TRADE_H
#define PUMP_TRADE_H
#include "pump_accounts.h"

enum { BUY = 0, BUY_EXACT_SOL_IN = 1, SELL = 2, BUY_V2 = 3, BUY_EXACT_QUOTE_IN_V2 = 4, SELL_V2 = 5 };
typedef struct {
  Account *global, *fee_recipient, *mint, *curve, *vault, *user_tokens, *user, *system, *token_program, *creator_vault,
      *event_authority, *self, *user_volume, *fee_config, *fee_program, *curve_v2, *buyback;
  u8 kind, is_buy, is_exact_in, is_v2, curve_bump, volume_bump, has_volume;
  u64 amount, limit, sol, tokens;
  Rates rates;
  Fees fees;
} Trade;

APART u64 name_legacy(Call *call, Trade *t) {
  Account *a = call->a;
  t->global = a; t->fee_recipient = a + 1; t->mint = a + 2; t->curve = a + 3; t->vault = a + 4; t->user_tokens = a + 5;
  t->user = a + 6; t->system = a + 7; t->event_authority = a + 10; t->self = a + 11;
  u64 fixed = t->is_buy ? 16 : 14;
  if (call->n < fixed) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  u64 more = fixed;
  if (t->is_buy) {
    t->token_program = a + 8; t->creator_vault = a + 9; t->user_volume = a + 13; t->fee_config = a + 14; t->fee_program = a + 15;
    if (!is_key(a + 12, KEY_PUMP_GLOBAL_VOLUME)) SEEDS_FAIL("global_volume_accumulator");
  } else {
    t->creator_vault = a + 8; t->token_program = a + 9; t->fee_config = a + 12; t->fee_program = a + 13;
    /* A cashback sale names the accumulator before the two accounts that every trade has at the end. */
    t->user_volume = call->n > fixed + 2 ? a + more++ : 0;
  }
  if (call->n < more + 1) FAIL(6074, "InvalidBondingCurveV2", "bonding_curve_v2 remaining account is missing or invalid");
  if (call->n < more + 2) FAIL(6062, "BuybackFeeRecipientMissing", "BuybackFeeRecipientMissing");
  t->curve_v2 = a + more; t->buyback = a + more + 1;
  Bytes name = SEED("bonding-curve-v2");
  if (!is_named(t->curve_v2, name, t->mint->key->bytes, call->program->bytes, 0))
    FAIL(6074, "InvalidBondingCurveV2", "bonding_curve_v2 remaining account is missing or invalid");
  return 0;
}

/* The accounts of the second generation that hold a quote other than lamports: derived, but unused for SOL. */
APART u64 check_quotes(Call *call, Trade *t) {
  Account *a = call->a, *quote_mint = a + 2, *quote_program = a + 4;
  if (!is_key(quote_mint, KEY_WSOL_MINT)) FAIL(6063, "UnsupportedQuoteMint", "Unsupported quote mint");
  if (!is_key(quote_program, KEY_TOKEN)) ACCOUNT_FAIL("quote_token_program", 3008, "InvalidProgramId", "Program ID was not as expected");
  if (!is_key(a + 5, KEY_ASSOCIATED_TOKEN)) ADDRESS_FAIL("associated_token_program");
  if (!is_associated(a + 7, t->fee_recipient, quote_program, quote_mint)) SEEDS_FAIL("associated_quote_fee_recipient");
  if (!is_associated(a + 9, t->buyback, quote_program, quote_mint)) SEEDS_FAIL("associated_quote_buyback_fee_recipient");
  if (!is_associated(a + 12, t->curve, quote_program, quote_mint)) SEEDS_FAIL("associated_quote_bonding_curve");
  if (!is_associated(a + 17, t->creator_vault, quote_program, quote_mint)) SEEDS_FAIL("associated_creator_vault");
  Account *volume_tokens = a + (t->is_buy ? 21 : 20);
  if (!is_associated(volume_tokens, t->user_volume, quote_program, quote_mint)) SEEDS_FAIL("associated_user_volume_accumulator");
  Bytes sharing = SEED("sharing-config");
  if (!is_named(a + 18, sharing, t->mint->key->bytes, KEY_PUMP_FEES, 0)) SEEDS_FAIL("sharing_config");
  return 0;
}

APART u64 name_v2(Call *call, Trade *t) {
  Account *a = call->a;
  u64 shift = t->is_buy ? 1 : 0;
  if (call->n < 26 + shift) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  t->global = a; t->mint = a + 1; t->token_program = a + 3; t->fee_recipient = a + 6; t->buyback = a + 8; t->curve = a + 10;
  t->vault = a + 11; t->user = a + 13; t->user_tokens = a + 14; t->creator_vault = a + 16;
  t->user_volume = a + 19 + shift; t->fee_config = a + 21 + shift; t->fee_program = a + 22 + shift;
  t->system = a + 23 + shift; t->event_authority = a + 24 + shift; t->self = a + 25 + shift;
  if (t->is_buy && !is_key(a + 19, KEY_PUMP_GLOBAL_VOLUME)) SEEDS_FAIL("global_volume_accumulator");
  return check_quotes(call, t);
}

APART u64 check_fixed(Call *call, Trade *t) {
  if (!t->user->is_signer) ACCOUNT_FAIL("user", 3010, "AccountNotSigner", "The given account did not sign");
  if (!is_key(t->event_authority, KEY_PUMP_EVENT_AUTHORITY)) SEEDS_FAIL("event_authority");
  if (!same(t->self->key->bytes, call->program->bytes)) ADDRESS_FAIL("program");
  if (!is_key(t->system, KEY_SYSTEM)) ACCOUNT_FAIL("system_program", 3008, "InvalidProgramId", "Program ID was not as expected");
  if (!is_key(t->fee_program, KEY_PUMP_FEES)) ADDRESS_FAIL("fee_program");
  if (!is_key(t->fee_config, KEY_PUMP_FEE_CONFIG)) SEEDS_FAIL("fee_config");
  if (!is_token_program(t->token_program)) ACCOUNT_FAIL("token_program", 3008, "InvalidProgramId", "Program ID was not as expected");
  if (!same(t->mint->owner->bytes, t->token_program->key->bytes))
    ACCOUNT_FAIL("mint", 2022, "ConstraintMintTokenProgram", "A mint token program constraint was violated");
  if (!(t->fee_recipient->is_writable && t->curve->is_writable && t->vault->is_writable && t->user_tokens->is_writable &&
        t->user->is_writable && t->creator_vault->is_writable && t->buyback->is_writable))
    FAIL(2000, "ConstraintMut", "A mut constraint was violated");
  return 0;
}

APART u64 check_owned(Call *call, Trade *t) {
  const u8 *global = t->global->data, *curve = t->curve->data;
  CHECK(check_curve(t->curve, t->mint, call->program, &t->curve_bump));
  if (!is_associated(t->vault, t->curve, t->token_program, t->mint))
    ACCOUNT_FAIL("associated_bonding_curve", 2009, "ConstraintAssociated", "An associated constraint was violated");
  CHECK(check_user_tokens(t->user_tokens, t->mint, t->user, t->token_program));
  Bytes vault = SEED("creator-vault"), volume = SEED("user_volume_accumulator");
  if (!is_named(t->creator_vault, vault, curve + CURVE_CREATOR, call->program->bytes, 0)) SEEDS_FAIL("creator_vault");
  if (t->user_volume) {
    if (!is_named(t->user_volume, volume, t->user->key->bytes, call->program->bytes, &t->volume_bump))
      SEEDS_FAIL("user_volume_accumulator");
    if (!t->user_volume->is_writable) ACCOUNT_FAIL("user_volume_accumulator", 2000, "ConstraintMut", "A mut constraint was violated");
    t->has_volume = t->user_volume->data_len >= VOLUME_BYTES;
  }
  const u8 *key = t->fee_recipient->key->bytes;
  int known = curve[CURVE_MAYHEM]
      ? is_listed(key, global + GLOBAL_RESERVED_RECIPIENT, 1) || is_listed(key, global + GLOBAL_RESERVED_RECIPIENTS, 7)
      : is_listed(key, global + GLOBAL_FEE_RECIPIENT, 1) || is_listed(key, global + GLOBAL_FEE_RECIPIENTS, 7);
  if (!known) FAIL(6000, "NotAuthorized", "The given account is not authorized to execute this instruction");
  if (!is_listed(t->buyback->key->bytes, global + GLOBAL_BUYBACK_RECIPIENTS, 8))
    FAIL(6057, "BuybackFeeRecipientNotAuthorized", "Buyback fee recipient not authorized");
  if (!is_zero(curve + CURVE_QUOTE_MINT)) FAIL(6063, "UnsupportedQuoteMint", "Unsupported quote mint");
  if (curve[CURVE_COMPLETE]) FAIL(6005, "BondingCurveComplete", "The bonding curve has completed and liquidity migrated to raydium");
  return 0;
}

APART u64 set_rates(Trade *t) {
  const u8 *curve = t->curve->data, *global = t->global->data;
  u64 cap = ratio(rd64(curve + CURVE_VIRTUAL_SOL), rd64(curve + CURVE_SUPPLY), rd64(curve + CURVE_VIRTUAL_TOKENS), 0);
  if (!find_rates(t->fee_config, cap, 0, &t->rates))
    ACCOUNT_FAIL("fee_config", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  t->rates.lp = 0;
  u64 own = rd64(curve + CURVE_CREATOR_BPS);
  if (own && global[GLOBAL_CREATOR_FEES]) t->rates.creator = own;
  if (is_zero(curve + CURVE_CREATOR)) t->rates.creator = 0;
  /* Without an accumulator a cashback coin's share falls to the creator. */
  if (curve[CURVE_CASHBACK] && (t->is_buy || t->has_volume)) { t->rates.cashback = t->rates.creator; t->rates.creator = 0; }
  t->rates.buyback_share = rd64(global + GLOBAL_BUYBACK_BPS);
  return 0;
}

APART u64 quote_buy(Trade *t) {
  const u8 *curve = t->curve->data;
  u64 vt = rd64(curve + CURVE_VIRTUAL_TOKENS), vs = rd64(curve + CURVE_VIRTUAL_SOL), rt = rd64(curve + CURVE_REAL_TOKENS);
  if (!t->amount) FAIL(6020, "BuyZeroAmount", "Buy zero amount");
  if (t->is_exact_in) {
    u64 net = without_fees(t->amount, &t->rates);
    if (net < 2) FAIL(6041, "BuyNotEnoughSolToCoverFees", "Buy: Not enough SOL to cover for fees");
    u64 tokens = ratio(net - 1, vt, vs + net - 1, 0);
    if (tokens >= rt) {
      tokens = rt;
      u64 rest = ratio(rt, vs, vt - rt, 0) + 1;
      if (rest < net) net = rest;
    }
    if (!tokens) FAIL(6020, "BuyZeroAmount", "Buy zero amount");
    if (tokens < t->limit) FAIL(6042, "BuySlippageBelowMinTokensOut", "Slippage: Would buy less tokens than expected min_tokens_out");
    t->tokens = tokens;
    t->sol = net;
  } else {
    if (t->amount > rt) FAIL(6021, "NotEnoughTokensToBuy", "Not enough tokens to buy");
    t->tokens = t->amount;
    t->sol = ratio(t->amount, vs, vt - t->amount, 0) + 1;
  }
  charge(t->sol, &t->rates, &t->fees);
  if (t->sol + t->fees.total > (t->is_exact_in ? t->amount : t->limit))
    FAIL(6002, "TooMuchSolRequired", "slippage: Too much SOL required to buy the given amount of tokens");
  return 0;
}

APART u64 quote_sale(Trade *t) {
  const u8 *curve = t->curve->data;
  if (!t->amount) FAIL(6022, "SellZeroAmount", "Sell zero amount");
  if (t->amount > amount_of(t->user_tokens)) FAIL(6023, "NotEnoughTokensToSell", "Not enough tokens to sell");
  t->tokens = t->amount;
  u64 vt = rd64(curve + CURVE_VIRTUAL_TOKENS);
  t->sol = ratio(t->amount, rd64(curve + CURVE_VIRTUAL_SOL), vt + t->amount, 0);
  charge(t->sol, &t->rates, &t->fees);
  if (t->sol <= t->fees.total || t->sol > rd64(curve + CURVE_REAL_SOL)) FAIL(6024, "Overflow", "Overflow");
  if (t->sol - t->fees.total < t->limit)
    FAIL(6003, "TooLittleSolReceived", "slippage: Too little SOL received to sell the given amount of tokens");
  return 0;
}

APART u64 open_volume(Call *call, Trade *t) {
  if (t->has_volume) return 0;
  Bytes seeds[3] = {SEED("user_volume_accumulator"), {t->user->key->bytes, 32}, {&t->volume_bump, 1}};
  Seeds signer = {seeds, 3};
  NewAccount n = {t->user, t->user_volume, t->system, VOLUME_BYTES, call->program->bytes};
  CHECK(make_account(call, &n, &signer));
  wr64(t->user_volume->data, ACCOUNT_USER_VOLUME);
  copy_key(t->user_volume->data + VOLUME_USER, t->user->key->bytes);
  return 0;
}

APART u64 settle_buy(Call *call, Trade *t) {
  CHECK(open_volume(call, t));
  t->has_volume = 1;
  Bytes seeds[3] = {CURVE_SEED, {t->mint->key->bytes, 32}, {&t->curve_bump, 1}};
  Seeds signer = {seeds, 3};
  Transfer tokens = {t->vault, t->mint, t->user_tokens, t->curve, t->token_program};
  CHECK(move_tokens(call, &tokens, t->tokens, &signer));
  Payment p = {t->user, t->creator_vault, t->user, t->system};
  if (t->fees.creator) {
    /* Who pays a creator first also pays for the vault's existence. */
    u64 rent = *t->creator_vault->lamports ? 0 : rent_of(0);
    CHECK(pay(call, &p, t->fees.creator + rent));
  }
  if (t->fees.cashback) { p.to = t->user_volume; CHECK(pay(call, &p, t->fees.cashback)); }
  p.to = t->curve;
  CHECK(pay(call, &p, t->sol));
  p.to = t->buyback;
  if (t->fees.buyback) CHECK(pay(call, &p, t->fees.buyback));
  p.to = t->fee_recipient;
  return pay(call, &p, t->fees.protocol - t->fees.buyback);
}

APART u64 settle_sale(Call *call, Trade *t) {
  Transfer tokens = {t->user_tokens, t->mint, t->vault, t->user, t->token_program};
  CHECK(move_tokens(call, &tokens, t->tokens, 0));
  *t->curve->lamports -= t->sol;
  *t->user->lamports += t->sol - t->fees.total;
  *t->creator_vault->lamports += t->fees.creator;
  if (t->fees.cashback) *t->user_volume->lamports += t->fees.cashback;
  *t->buyback->lamports += t->fees.buyback;
  *t->fee_recipient->lamports += t->fees.protocol - t->fees.buyback;
  return 0;
}

APART void move_reserves(Trade *t) {
  u8 *curve = t->curve->data;
  u64 sol = t->is_buy ? t->sol : 0 - t->sol, tokens = t->is_buy ? t->tokens : 0 - t->tokens;
  wr64(curve + CURVE_VIRTUAL_SOL, rd64(curve + CURVE_VIRTUAL_SOL) + sol);
  wr64(curve + CURVE_REAL_SOL, rd64(curve + CURVE_REAL_SOL) + sol);
  wr64(curve + CURVE_VIRTUAL_TOKENS, rd64(curve + CURVE_VIRTUAL_TOKENS) - tokens);
  wr64(curve + CURVE_REAL_TOKENS, rd64(curve + CURVE_REAL_TOKENS) - tokens);
  if (!rd64(curve + CURVE_REAL_TOKENS)) curve[CURVE_COMPLETE] = 1;
  if (t->has_volume && t->user_volume) {
    u8 *volume = t->user_volume->data;
    if (t->is_buy) {
      wr64(volume + VOLUME_SOL, rd64(volume + VOLUME_SOL) + t->sol);
      wr64(volume + VOLUME_UPDATED, now());
    }
    wr64(volume + VOLUME_CASHBACK, rd64(volume + VOLUME_CASHBACK) + t->fees.cashback);
  }
}

INLINE void say_kind(Event *e, u8 kind) {
  switch (kind) {
    case BUY: SAY_NAME(e, "buy"); break;
    case BUY_EXACT_SOL_IN: SAY_NAME(e, "buy_exact_sol_in"); break;
    case SELL: SAY_NAME(e, "sell"); break;
    case BUY_V2: SAY_NAME(e, "buy_v2"); break;
    case BUY_EXACT_QUOTE_IN_V2: SAY_NAME(e, "buy_exact_quote_in_v2"); break;
    default: SAY_NAME(e, "sell_v2");
  }
}

APART void say_trade(Event *e, const Trade *t) {
  const u8 *curve = t->curve->data, *volume = t->has_volume && t->is_buy ? t->user_volume->data : 0;
  begin(e, EVENT_TRADE);
  say_key(e, t->mint->key->bytes); say64(e, t->sol); say64(e, t->tokens); say8(e, t->is_buy);
  say_key(e, t->user->key->bytes); say64(e, now());
  say64(e, rd64(curve + CURVE_VIRTUAL_SOL)); say64(e, rd64(curve + CURVE_VIRTUAL_TOKENS));
  say64(e, rd64(curve + CURVE_REAL_SOL)); say64(e, rd64(curve + CURVE_REAL_TOKENS));
  say_key(e, t->fee_recipient->key->bytes); say64(e, t->rates.protocol); say64(e, t->fees.protocol);
  say_key(e, curve + CURVE_CREATOR); say64(e, t->rates.creator); say64(e, t->fees.creator);
  say8(e, volume != 0);
  say64(e, volume ? rd64(volume + VOLUME_UNCLAIMED) : 0); say64(e, volume ? rd64(volume + VOLUME_CLAIMED) : 0);
  say64(e, volume ? rd64(volume + VOLUME_SOL) : 0); say64(e, volume ? rd64(volume + VOLUME_UPDATED) : 0);
  say_kind(e, t->kind);
  say8(e, curve[CURVE_MAYHEM]);
  say64(e, t->rates.cashback); say64(e, t->fees.cashback);
  say64(e, t->rates.buyback_share); say64(e, t->fees.buyback);
  for (int i = 0; i < 4; i++) say8(e, 0); /* no shareholders */
  say_key(e, KEY_SYSTEM); /* quoted in SOL */
  say64(e, t->sol); say64(e, rd64(curve + CURVE_VIRTUAL_SOL)); say64(e, rd64(curve + CURVE_REAL_SOL));
  say64(e, 0); say64(e, 0); /* holder rewards */
}

APART u64 tell_complete(Call *call, const Trade *t) {
  Event e;
  begin(&e, EVENT_COMPLETE);
  say_key(&e, t->user->key->bytes); say_key(&e, t->mint->key->bytes); say_key(&e, t->curve->key->bytes);
  say64(&e, now()); say_key(&e, KEY_SYSTEM);
  return tell(call, &e, t->event_authority, BUMP_PUMP_EVENT_AUTHORITY);
}

APART u64 tell_trade(Call *call, const Trade *t) {
  Event e;
  say_trade(&e, t);
  return tell(call, &e, t->event_authority, BUMP_PUMP_EVENT_AUTHORITY);
}

APART u64 trade(Call *call, u8 kind) {
  Trade t;
  if (call->data_len < 24) FAIL(102, "InstructionDidNotDeserialize", "The program could not deserialize the given instruction");
  t.kind = kind;
  t.is_buy = kind != SELL && kind != SELL_V2;
  t.is_exact_in = kind == BUY_EXACT_SOL_IN || kind == BUY_EXACT_QUOTE_IN_V2;
  t.is_v2 = kind >= BUY_V2;
  t.has_volume = 0;
  t.amount = rd64(call->data + 8);
  t.limit = rd64(call->data + 16);
  if (call->n < 14) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  CHECK(check_global(call->a));
  u8 changed = (u8)((t.is_buy ? CHANGED_BUY : CHANGED_SELL) << (t.is_v2 ? 0 : 2));
  CHECK(check_layout(call, call->a, changed));
  if (call->a->data[GLOBAL_LAYOUT] & changed) call->n--;
  CHECK(t.is_v2 ? name_v2(call, &t) : name_legacy(call, &t));
  CHECK(check_fixed(call, &t));
  CHECK(check_owned(call, &t));
  CHECK(set_rates(&t));
  CHECK(t.is_buy ? quote_buy(&t) : quote_sale(&t));
  CHECK(t.is_buy ? settle_buy(call, &t) : settle_sale(call, &t));
  move_reserves(&t);
  CHECK(tell_trade(call, &t));
  return t.curve->data[CURVE_COMPLETE] ? tell_complete(call, &t) : 0;
}
#endif
