/* Where the pool program's accounts keep what it reads and writes. Interface file of pump-sdk 2.0.0. */
#ifndef POOL_ACCOUNTS_H
#define POOL_ACCOUNTS_H
#include "money.h"
#include "tokens.h"

enum {
  CONFIG_DISABLED = 56, CONFIG_RECIPIENTS = 57, CONFIG_RESERVED_RECIPIENT = 385, CONFIG_MAYHEM = 417,
  CONFIG_RESERVED_RECIPIENTS = 418, CONFIG_BUYBACK_RECIPIENTS = 643, CONFIG_BUYBACK_BPS = 899, CONFIG_CREATOR_FEES = 940,
  CONFIG_LAYOUT = 949, CONFIG_BYTES = 950
};
enum { DISABLED_CREATE = 1, DISABLED_BUY = 8, DISABLED_SELL = 16 };
enum {
  POOL_BUMP = 8, POOL_INDEX = 9, POOL_CREATOR = 11, POOL_BASE_MINT = 43, POOL_QUOTE_MINT = 75, POOL_LP_MINT = 107,
  POOL_BASE = 139, POOL_QUOTE = 171, POOL_LP_SUPPLY = 203, POOL_COIN_CREATOR = 211, POOL_MAYHEM = 243, POOL_CASHBACK = 244,
  POOL_VIRTUAL = 245, POOL_CREATOR_BPS = 261, POOL_BYTES = 301, POOL_LEAST_BYTES = 300
};
enum { CHANGED_BUY = 1, CHANGED_SELL = 2 };

APART u64 check_config(const Account *config) {
  if (!is_key(config, KEY_PUMPSWAP_CONFIG)) SEEDS_FAIL("global_config");
  if (config->data_len < CONFIG_BYTES || rd64(config->data) != ACCOUNT_GLOBAL_CONFIG)
    ACCOUNT_FAIL("global_config", 3012, "AccountNotInitialized", "The program expected this account to be already initialized");
  return 0;
}

INLINE int is_listed(const u8 *key, const u8 *list, u64 count) {
  for (u64 i = 0; i < count; i++) if (same(key, list + 32 * i)) return 1;
  return 0;
}

/* Whether the curve program's own authority for this coin made the pool. */
APART int is_canonical(const u8 *creator, const u8 *base_mint) {
  Bytes seeds[2] = {SEED("pool-authority"), {base_mint, 32}};
  return is_derived((const Key *)creator, seeds, 2, (const Key *)KEY_PUMP, 0);
}
#endif
