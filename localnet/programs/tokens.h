/* Calls of the system and token programs, and checks of token accounts. */
#ifndef TOKENS_H
#define TOKENS_H
#include "facts.h"
#include "svm.h"

#define MINT_SUPPLY_AT 36
#define MINT_DECIMALS_AT 44
#define TOKEN_OWNER_AT 32
#define TOKEN_AMOUNT_AT 64
#define TOKEN_BYTES 165
INLINE u64 amount_of(const Account *a) { return a->data_len >= TOKEN_BYTES ? rd64(a->data + TOKEN_AMOUNT_AT) : 0; }
INLINE int is_token_program(const Account *a) { return is_key(a, KEY_TOKEN) || is_key(a, KEY_TOKEN_2022); }

typedef struct { const Account *from, *to, *by, *system; } Payment;
APART u64 pay(Call *call, const Payment *p, u64 lamports) {
  Draft d;
  d.count = d.len = 0;
  add(&d, p->from, 1, 1);
  add(&d, p->to, 1, 0);
  put32(&d, 2);
  put64(&d, lamports);
  return invoke(call, &d, p->system, 0);
}

typedef struct { const Account *from, *mint, *to, *authority, *program; } Transfer;
APART u64 move_tokens(Call *call, const Transfer *t, u64 amount, const Seeds *signer) {
  if (!amount) return 0;
  Draft d;
  d.count = d.len = 0;
  add(&d, t->from, 1, 0);
  add(&d, t->mint, 0, 0);
  add(&d, t->to, 1, 0);
  add(&d, t->authority, 0, 1);
  put8(&d, 12);
  put64(&d, amount);
  put8(&d, t->mint->data[MINT_DECIMALS_AT]);
  return invoke(call, &d, t->program, signer);
}

/* A token account of `owner`, made when it is missing. The runtime balances the books of what a call names: an account
   whose lamports changed just before must be named too, as `extra`. */
typedef struct { const Account *payer, *account, *owner, *mint, *system, *token_program, *associated, *extra; } NewToken;
APART u64 make_token_account(Call *call, const NewToken *t, const Seeds *signer) {
  Draft d;
  d.count = d.len = 0;
  add(&d, t->payer, 1, 1);
  add(&d, t->account, 1, 0);
  add(&d, t->owner, 0, 0);
  add(&d, t->mint, 0, 0);
  add(&d, t->system, 0, 0);
  add(&d, t->token_program, 0, 0);
  if (t->extra) add(&d, t->extra, 1, 0);
  put8(&d, 1);
  return invoke(call, &d, t->associated, signer);
}

typedef struct { const Account *payer, *made, *system; u64 bytes; const u8 *owner; } NewAccount;
APART u64 make_account(Call *call, const NewAccount *n, const Seeds *signer) {
  Draft d;
  d.count = d.len = 0;
  u64 rent = rent_of(n->bytes);
  add(&d, n->payer, 1, 1);
  add(&d, n->made, 1, 1);
  /* An address that somebody sent lamports to cannot be created, only filled up, allocated and assigned. */
  if (*n->made->lamports) {
    Payment top_up = {n->payer, n->made, n->payer, n->system};
    if (*n->made->lamports < rent) CHECK(pay(call, &top_up, rent - *n->made->lamports));
    Draft size, owner;
    size.count = size.len = owner.count = owner.len = 0;
    add(&size, n->made, 1, 1);
    put32(&size, 8);
    put64(&size, n->bytes);
    CHECK(invoke(call, &size, n->system, signer));
    add(&owner, n->made, 1, 1);
    put32(&owner, 1);
    put_key(&owner, n->owner);
    return invoke(call, &owner, n->system, signer);
  }
  put32(&d, 0);
  put64(&d, rent);
  put64(&d, n->bytes);
  put_key(&d, n->owner);
  return invoke(call, &d, n->system, signer);
}

APART u64 close_token_account(Call *call, const Transfer *t, const Seeds *signer) {
  Draft d;
  d.count = d.len = 0;
  add(&d, t->from, 1, 0);
  add(&d, t->to, 1, 0);
  add(&d, t->authority, 0, 1);
  put8(&d, 9);
  return invoke(call, &d, t->program, signer);
}

/* Whether `account` is the associated token account. */
APART int is_associated(const Account *account, const Account *owner, const Account *program, const Account *mint) {
  Bytes seeds[3] = {{owner->key->bytes, 32}, {program->key->bytes, 32}, {mint->key->bytes, 32}};
  return is_derived(account->key, seeds, 3, (const Key *)KEY_ASSOCIATED_TOKEN, 0);
}

/* The user's own token account: there, of this mint, of this owner. */
APART u64 check_user_tokens(const Account *account, const Account *mint, const Account *user, const Account *program) {
  if (!account->data_len)
    ACCOUNT_FAIL("associated_user", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  if (!same(account->owner->bytes, program->key->bytes) || account->data_len < TOKEN_BYTES)
    ACCOUNT_FAIL("associated_user", 3007, "AccountOwnedByWrongProgram", "The given account is owned by a different program than expected");
  if (!same(account->data, mint->key->bytes))
    ACCOUNT_FAIL("associated_user", 2014, "ConstraintTokenMint", "A token mint constraint was violated");
  if (!same(account->data + TOKEN_OWNER_AT, user->key->bytes))
    ACCOUNT_FAIL("associated_user", 2015, "ConstraintTokenOwner", "A token owner constraint was violated");
  return 0;
}

/* Log the event, and report it by a call of oneself as the real programs do. */
INLINE void begin(Event *e, u64 discriminator) { e->len = 0; say64(e, CPI_EVENT); say64(e, discriminator); }
APART u64 tell(Call *call, const Event *e, const Account *authority, u8 bump) {
  Bytes logged = {e->bytes + 8, e->len - 8};
  sol_log_data(&logged, 1);
  Bytes seeds[2] = {SEED("__event_authority"), {&bump, 1}};
  Seeds signer = {seeds, 2};
  Meta meta = {authority->key, 0, 1};
  Instruction self = {call->program, &meta, 1, (u8 *)e->bytes, e->len};
  return sol_invoke_signed_c(&self, call->a, call->n, &signer, 1);
}
#endif
