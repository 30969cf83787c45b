/* A bonding-curve program that takes the real pump program's instructions (pump-sdk 2.0.0), SOL-quoted, for tests. */
#include "pump_create.h"
#include "pump_migrate.h"
#include "pump_trade.h"
#include "volume.h"

static u64 run(Call *call) {
  Telling telling = {0, KEY_PUMP_EVENT_AUTHORITY, BUMP_PUMP_EVENT_AUTHORITY};
  switch (rd64(call->data)) {
    case CPI_EVENT: return hear_oneself(call, KEY_PUMP_EVENT_AUTHORITY);
    case IX_BUY: LOG("Instruction: Buy"); return trade(call, BUY);
    case IX_BUY_EXACT_SOL_IN: LOG("Instruction: BuyExactSolIn"); return trade(call, BUY_EXACT_SOL_IN);
    case IX_SELL: LOG("Instruction: Sell"); return trade(call, SELL);
    case IX_BUY_V2: LOG("Instruction: BuyV2"); return trade(call, BUY_V2);
    case IX_BUY_EXACT_QUOTE_IN_V2: LOG("Instruction: BuyExactQuoteInV2"); return trade(call, BUY_EXACT_QUOTE_IN_V2);
    case IX_SELL_V2: LOG("Instruction: SellV2"); return trade(call, SELL_V2);
    case IX_CREATE_V2: LOG("Instruction: CreateV2"); return create_v2(call);
    case IX_MIGRATE: LOG("Instruction: Migrate"); return migrate(call);
    case IX_OPEN_VOLUME: LOG("Instruction: InitUserVolumeAccumulator"); return open_accumulator(call, &telling);
    case IX_CLOSE_VOLUME: LOG("Instruction: CloseUserVolumeAccumulator"); return close_accumulator(call, &telling);
    case IX_CLAIM_CASHBACK: LOG("Instruction: ClaimCashback"); return claim_lamports(call, &telling);
    default: FAIL(101, "InstructionFallbackNotFound", "Fallback functions are not supported");
  }
}

u64 entrypoint(u8 *input) {
  Call call;
  if (!read_call(&call, input)) FAIL(3005, "AccountNotEnoughKeys", "More accounts than fit");
  if (call.data_len < 8) FAIL(100, "InstructionMissing", "Instruction discriminator not provided");
  return run(&call);
}
