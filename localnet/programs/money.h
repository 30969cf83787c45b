/* Whole-number mathematics of curve and pool, and the fees of the FeeConfig account. */
#ifndef MONEY_H
#define MONEY_H
#include "svm.h"

#define NO_RESULT (~0ULL)
typedef struct { u64 high, low; } Wide;

APART void multiply(u64 a, u64 b, Wide *out) {
  u64 a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  u64 p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
  u64 middle = (p00 >> 32) + (p01 & 0xffffffff) + (p10 & 0xffffffff);
  out->low = (p00 & 0xffffffff) | (middle << 32);
  out->high = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/* a*b/c rounded down, or up when `up`. NO_RESULT when c is 0 or the result needs more than 64 bits. */
APART u64 ratio(u64 a, u64 b, u64 c, int up) {
  Wide w;
  multiply(a, b, &w);
  if (w.high >= c) return NO_RESULT;
  u64 quotient, rest;
  if (w.high == 0) {
    quotient = w.low / c;
    rest = w.low % c;
  } else {
    rest = w.high;
    quotient = 0;
    for (int i = 63; i >= 0; i--) {
      u64 carry = rest >> 63;
      rest = (rest << 1) | ((w.low >> i) & 1);
      quotient <<= 1;
      if (carry || rest >= c) { rest -= c; quotient |= 1; }
    }
  }
  if (up && rest) { if (quotient == NO_RESULT) return NO_RESULT; quotient++; }
  return quotient;
}

/* The square root of a*b, rounded down. */
APART u64 root_of_product(u64 a, u64 b) {
  Wide w, square;
  multiply(a, b, &w);
  u64 root = 0;
  for (int i = 63; i >= 0; i--) {
    u64 next = root | (1ULL << i);
    multiply(next, next, &square);
    if (square.high < w.high || (square.high == w.high && square.low <= w.low)) root = next;
  }
  return root;
}

#define BPS 10000
typedef struct { u64 lp, protocol, creator, cashback, buyback_share; } Rates;
typedef struct { u64 lp, protocol, creator, cashback, buyback, total; } Fees;
INLINE u64 fee_on(u64 amount, u64 bps) { return ratio(amount, bps, BPS, 1); }

APART void charge(u64 amount, const Rates *rates, Fees *fees) {
  fees->lp = fee_on(amount, rates->lp);
  fees->protocol = fee_on(amount, rates->protocol);
  fees->creator = fee_on(amount, rates->creator);
  fees->cashback = fee_on(amount, rates->cashback);
  fees->buyback = ratio(fees->protocol, rates->buyback_share, BPS, 0);
  fees->total = fees->lp + fees->protocol + fees->creator + fees->cashback;
}

/* What reaches the reserves when `spend` includes the fees. */
APART u64 without_fees(u64 spend, const Rates *rates) {
  Fees fees;
  u64 net = ratio(spend, BPS, BPS + rates->lp + rates->protocol + rates->creator + rates->cashback, 0);
  charge(net, rates, &fees);
  if (net + fees.total > spend) {
    u64 over = net + fees.total - spend;
    net = over > net ? 0 : net - over;
  }
  return net;
}

/* Rates of one FeeConfig account: discriminator, bump, admin, flat fees, then counted tiers of a u128 market cap and
   three rates. The highest tier whose threshold is reached holds; the first also below its own. */
#define FLAT_AT 41
#define TIERS_AT 65
#define TIER_BYTES 40
INLINE void read_rates(const u8 *at, Rates *rates) {
  rates->lp = rd64(at); rates->protocol = rd64(at + 8); rates->creator = rd64(at + 16); rates->cashback = 0;
}
APART int find_rates(const Account *config, u64 market_cap, int is_flat, Rates *rates) {
  if (config->data_len < TIERS_AT + 4) return 0;
  const u8 *data = config->data;
  if (is_flat) { read_rates(data + FLAT_AT, rates); return 1; }
  u64 count = rd64(data + TIERS_AT) & 0xffffffff;
  if (!count || TIERS_AT + 4 + count * TIER_BYTES > config->data_len) return 0;
  const u8 *tier = data + TIERS_AT + 4;
  read_rates(tier + 16, rates);
  for (u64 i = 1; i < count; i++) {
    tier += TIER_BYTES;
    if (rd64(tier + 8) || rd64(tier) > market_cap) break;
    read_rates(tier + 16, rates);
  }
  return 1;
}
#endif
