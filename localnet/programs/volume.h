/* The accumulator that both programs keep for each user. */
#ifndef VOLUME_H
#define VOLUME_H
#include "tokens.h"

enum { ACCUMULATOR_BYTES = 137, ACCUMULATOR_USER = 8, ACCUMULATOR_UNCLAIMED = 41, ACCUMULATOR_SOL = 57,
       ACCUMULATOR_CASHBACK = 74, ACCUMULATOR_PAID = 82 };
static const u8 NAME_VOLUME[] = "user_volume_accumulator";
/* Whom to tell by: the account where it is known, and what it must be. */
typedef struct { Account *events; const u8 *events_key; u8 events_bump; } Telling;

APART u64 open_accumulator(Call *call, const Telling *telling) {
  Account *payer = call->a, *user = payer + 1, *volume = payer + 2, *system = payer + 3;
  u8 bump;
  Bytes name = {NAME_VOLUME, 23};
  if (call->n < 6) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  if (!payer->is_signer) ACCOUNT_FAIL("payer", 3010, "AccountNotSigner", "The given account did not sign");
  if (!is_named(volume, name, user->key->bytes, call->program->bytes, &bump)) SEEDS_FAIL("user_volume_accumulator");
  if (!is_key(call->a + 4, telling->events_key)) SEEDS_FAIL("event_authority");
  if (volume->data_len) return 0;
  Bytes seeds[3] = {name, {user->key->bytes, 32}, {&bump, 1}};
  Seeds signer = {seeds, 3};
  NewAccount n = {payer, volume, system, ACCUMULATOR_BYTES, call->program->bytes};
  CHECK(make_account(call, &n, &signer));
  wr64(volume->data, ACCOUNT_USER_VOLUME);
  copy_key(volume->data + ACCUMULATOR_USER, user->key->bytes);
  Event e;
  begin(&e, EVENT_OPEN_VOLUME);
  say_key(&e, payer->key->bytes); say_key(&e, user->key->bytes); say64(&e, now());
  return tell(call, &e, call->a + 4, telling->events_bump);
}

APART u64 close_accumulator(Call *call, const Telling *telling) {
  Account *user = call->a, *volume = user + 1;
  Bytes name = {NAME_VOLUME, 23};
  if (call->n < 4) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  if (!user->is_signer) ACCOUNT_FAIL("user", 3010, "AccountNotSigner", "The given account did not sign");
  if (!is_named(volume, name, user->key->bytes, call->program->bytes, 0)) SEEDS_FAIL("user_volume_accumulator");
  if (!is_key(call->a + 2, telling->events_key)) SEEDS_FAIL("event_authority");
  if (volume->data_len < ACCUMULATOR_BYTES || !same(volume->owner->bytes, call->program->bytes))
    ACCOUNT_FAIL("user_volume_accumulator", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  Event e;
  begin(&e, EVENT_CLOSE_VOLUME);
  say_key(&e, user->key->bytes); say64(&e, now());
  for (u64 at = ACCUMULATOR_UNCLAIMED; at <= ACCUMULATOR_SOL + 8; at += 8) say64(&e, rd64(volume->data + at));
  CHECK(tell(call, &e, call->a + 2, telling->events_bump));
  for (u64 at = 0; at < ACCUMULATOR_BYTES - 7; at += 8) wr64(volume->data + at, 0);
  *user->lamports += *volume->lamports;
  *volume->lamports = 0; /* an account without lamports ends with the transaction */
  return 0;
}

/* Take what is due out of the books, and tell it. */
APART u64 book_claim(Call *call, const Telling *telling, u64 *due) {
  Account *user = call->a, *volume = user + 1;
  u64 earned = rd64(volume->data + ACCUMULATOR_CASHBACK);
  *due = earned - rd64(volume->data + ACCUMULATOR_PAID);
  wr64(volume->data + ACCUMULATOR_PAID, earned);
  Event e;
  begin(&e, EVENT_CLAIM_CASHBACK);
  say_key(&e, user->key->bytes); say64(&e, *due); say64(&e, now()); say64(&e, earned); say64(&e, earned);
  return tell(call, &e, telling->events, telling->events_bump);
}

APART u64 check_claim(Call *call, Telling *telling, u64 accounts, u8 *bump) {
  Account *user = call->a, *volume = user + 1;
  Bytes name = {NAME_VOLUME, 23};
  if (call->n < accounts) FAIL(3005, "AccountNotEnoughKeys", "Not enough account keys given to the instruction");
  telling->events = call->a + accounts - 2;
  if (!is_named(volume, name, user->key->bytes, call->program->bytes, bump)) SEEDS_FAIL("user_volume_accumulator");
  if (!is_key(telling->events, telling->events_key)) SEEDS_FAIL("event_authority");
  if (volume->data_len < ACCUMULATOR_BYTES)
    ACCOUNT_FAIL("user_volume_accumulator", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  return 0;
}

/* Cashback kept as lamports on the accumulator itself. */
APART u64 claim_lamports(Call *call, Telling *telling) {
  u64 due;
  u8 bump;
  CHECK(check_claim(call, telling, 5, &bump));
  CHECK(book_claim(call, telling, &due));
  *call->a[1].lamports -= due;
  *call->a[0].lamports += due;
  return 0;
}

/* Cashback kept as tokens that belong to the accumulator. */
APART u64 claim_tokens(Call *call, Telling *telling) {
  Account *a = call->a;
  u64 due;
  u8 bump;
  CHECK(check_claim(call, telling, 9, &bump));
  if (!is_associated(a + 4, a + 1, a + 3, a + 2)) SEEDS_FAIL("user_volume_accumulator_wsol_token_account");
  CHECK(check_user_tokens(a + 5, a + 2, a, a + 3));
  CHECK(book_claim(call, telling, &due));
  Bytes seeds[3] = {{NAME_VOLUME, 23}, {a->key->bytes, 32}, {&bump, 1}};
  Seeds signer = {seeds, 3};
  Transfer t = {a + 4, a + 2, a + 5, a + 1, a + 3};
  return move_tokens(call, &t, due, &signer);
}

/* What a program answers to its own call that carries an event: only itself can sign for that address. */
INLINE u64 hear_oneself(const Call *call, const u8 *events) {
  if (call->n < 1 || !call->a[0].is_signer || !is_key(call->a, events)) FAIL(3010, "AccountNotSigner", "The given account did not sign");
  return 0;
}
#endif
