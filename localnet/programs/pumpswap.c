/* A pool program that takes the real PumpSwap program's instructions (pump-sdk 2.0.0), for tests. */
#include "pool_create.h"
#include "pool_trade.h"
#include "volume.h"

static u64 run(Call *call) {
  Telling telling = {0, KEY_PUMPSWAP_EVENT_AUTHORITY, BUMP_PUMPSWAP_EVENT_AUTHORITY};
  switch (rd64(call->data)) {
    case CPI_EVENT: return hear_oneself(call, KEY_PUMPSWAP_EVENT_AUTHORITY);
    case IX_BUY: LOG("Instruction: Buy"); return swap(call, BUY);
    case IX_BUY_EXACT_QUOTE_IN: LOG("Instruction: BuyExactQuoteIn"); return swap(call, BUY_EXACT_QUOTE_IN);
    case IX_SELL: LOG("Instruction: Sell"); return swap(call, SELL);
    case IX_CREATE_POOL: LOG("Instruction: CreatePool"); return create_pool(call);
    case IX_OPEN_VOLUME: LOG("Instruction: InitUserVolumeAccumulator"); return open_accumulator(call, &telling);
    case IX_CLOSE_VOLUME: LOG("Instruction: CloseUserVolumeAccumulator"); return close_accumulator(call, &telling);
    case IX_CLAIM_CASHBACK: LOG("Instruction: ClaimCashback"); return claim_tokens(call, &telling);
    default: FAIL(101, "InstructionFallbackNotFound", "Fallback functions are not supported");
  }
}

u64 entrypoint(u8 *input) {
  Call call;
  if (!read_call(&call, input)) FAIL(3005, "AccountNotEnoughKeys", "More accounts than fit");
  if (call.data_len < 8) FAIL(100, "InstructionMissing", "Instruction discriminator not provided");
  return run(&call);
}
