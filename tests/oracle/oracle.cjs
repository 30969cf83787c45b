// Answers random states with what the official SDKs make of them: one JSON line in, one out.
// Amounts are decimal strings, accounts base64, instructions [program, [[key, signer, writable], ...], data in hex].
"use strict";

const { createInterface } = require("node:readline");
const { PublicKey } = require("@solana/web3.js");
const { getAssociatedTokenAddressSync } = require("@solana/spl-token");
const BN = require("bn.js");
const pump = require("@pump-fun/pump-sdk");
const amm = require("@pump-fun/pump-swap-sdk");

// The SDKs derive the same addresses again and again, a millisecond each.
const derive = PublicKey.findProgramAddressSync.bind(PublicKey);
const derived = new Map();
PublicKey.findProgramAddressSync = (seeds, program) => {
  const name = program.toBase58() + seeds.map((seed) => "." + Buffer.from(seed).toString("hex")).join("");
  if (!derived.has(name)) {
    derived.set(name, derive(seeds, program));
  }
  return derived.get(name);
};

const key = (text) => new PublicKey(text);
const info = (data, owner) => ({
  data: Buffer.from(data, "base64"),
  executable: false,
  lamports: 1,
  owner: owner ?? PublicKey.default,
});
const plain = ({ programId, keys, data }) => [
  programId.toBase58(),
  keys.map(({ pubkey, isSigner, isWritable }) => [pubkey.toBase58(), isSigner, isWritable]),
  Buffer.from(data).toString("hex"),
];

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
};
const built = async (work) => {
  try {
    const made = await work();
    return (Array.isArray(made) ? made : [made]).map(plain);
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
};
const words = (numbers) =>
  Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, "error" in number ? number : number.toString()]));

async function curveAnswer(state) {
  const sdk = pump.PUMP_SDK;
  const program = pump.getPumpProgram(null);
  const global = sdk.decodeGlobal(info(state.settings));
  const feeConfig = state.feeConfig === null ? null : sdk.decodeFeeConfig(info(state.feeConfig));
  const curveInfo = info(state.market);
  const bondingCurve = sdk.decodeBondingCurve(curveInfo);
  const mintSupply = new BN(state.supply);
  const [mint, user] = [key(state.mint), key(state.user)];
  const [tokenProgram, quoteTokenProgram] = [key(state.tokenProgram), key(state.quoteTokenProgram)];
  const [tokens, spend, floor] = [new BN(state.tokens), new BN(state.spend), new BN(state.floor)];
  const quoting = { global, feeConfig, mintSupply, bondingCurve };

  const cost = attempt(() => pump.getBuySolAmountFromTokenAmount({ ...quoting, amount: tokens, quoteMint: bondingCurve.quoteMint }));
  const bought = attempt(() => pump.getBuyTokenAmountFromSolAmount({ ...quoting, amount: spend, quoteMint: bondingCurve.quoteMint }));
  const proceeds = attempt(() => pump.getSellSolAmountFromTokenAmount({ ...quoting, amount: tokens }));

  const trading = {
    global, bondingCurveAccountInfo: curveInfo, bondingCurve, associatedUserAccountInfo: null, mint, user,
    amount: tokens, slippage: state.slippage, tokenProgram,
  };
  const v2 = { ...trading, quoteTokenProgram };
  const flags = { mayhemMode: bondingCurve.isMayhemMode, cashback: bondingCurve.isCashbackCoin };
  // No builder exists for the exact-in buys: they take the accounts of their siblings.
  const sibling = async (method, list, named) => {
    const like = (await list).at(-1);
    const listed = program.idl.instructions.find(({ name }) => name === named).accounts;
    const accounts = Object.fromEntries(listed.map(({ name }, i) => [name, like.keys[i].pubkey]));
    return method.accountsPartial(accounts).remainingAccounts(like.keys.slice(listed.length)).instruction();
  };

  const one = new BN(1);
  const drawn = await sdk.getBuyV2InstructionRaw({ user, mint, creator: bondingCurve.creator, amount: one, quoteAmount: one });

  return {
    quotes: words({ cost, bought, proceeds }),
    buyback: drawn.keys[8].pubkey.toBase58(),
    instructions: {
      buy: await built(() => sdk.buyInstructions({ ...trading, solAmount: cost })),
      sell: await built(() => sdk.sellInstructions({ ...trading, ...flags, solAmount: proceeds })),
      buy_exact_sol_in: await built(() =>
        sibling(program.methods.buyExactSolIn(spend, floor, { 0: true }), sdk.buyInstructions({ ...trading, solAmount: cost }), "buyExactSolIn")),
      buy_v2: await built(() => sdk.buyV2Instructions({ ...v2, quoteAmount: cost })),
      sell_v2: await built(() => sdk.sellV2Instructions({ ...v2, quoteAmount: proceeds })),
      buy_exact_quote_in_v2: await built(() =>
        sibling(program.methods.buyExactQuoteInV2(spend, floor), sdk.buyV2Instructions({ ...v2, quoteAmount: cost }), "buyExactQuoteInV2")),
      init_volume: await built(() => sdk.initUserVolumeAccumulator({ payer: user, user })),
      close_volume: await built(() => sdk.closeUserVolumeAccumulator(user)),
      claim: await built(() => sdk.claimCashbackInstruction({ user })),
      claim_v2: await built(() =>
        sdk.claimCashbackV2Instruction({ user, quoteMint: pump.normalizeQuoteMint(bondingCurve.quoteMint), quoteTokenProgram })),
      extend: await built(() => sdk.extendAccountInstruction({ account: pump.bondingCurvePda(mint), user })),
    },
  };
}

async function poolAnswer(state) {
  const sdk = amm.PUMP_AMM_SDK;
  const program = amm.OFFLINE_PUMP_AMM_PROGRAM;
  const globalConfig = sdk.decodeGlobalConfig(info(state.settings));
  const feeConfig = state.feeConfig === null ? null : sdk.decodeFeeConfig(info(state.feeConfig));
  const poolAccountInfo = info(state.market);
  const pool = sdk.decodePool(poolAccountInfo);
  const user = key(state.user);
  const [baseTokenProgram, quoteTokenProgram] = [key(state.tokenProgram), key(state.quoteTokenProgram)];
  const [tokens, spend, floor] = [new BN(state.tokens), new BN(state.spend), new BN(state.floor)];
  const swap = {
    globalConfig, feeConfig, poolKey: key(state.address), poolAccountInfo, pool,
    poolBaseAmount: new BN(state.base), poolQuoteAmount: new BN(state.quote),
    baseTokenProgram, quoteTokenProgram, baseMint: pool.baseMint,
    baseMintAccount: { supply: BigInt(state.supply) }, user,
    userBaseTokenAccount: getAssociatedTokenAddressSync(pool.baseMint, user, true, baseTokenProgram),
    userQuoteTokenAccount: getAssociatedTokenAddressSync(pool.quoteMint, user, true, quoteTokenProgram),
    userBaseAccountInfo: null, userQuoteAccountInfo: null,
  };
  const quoting = {
    slippage: state.slippage, baseReserve: swap.poolBaseAmount, quoteReserve: swap.poolQuoteAmount,
    virtualQuoteReserves: pool.virtualQuoteReserves, baseMintAccount: swap.baseMintAccount, baseMint: pool.baseMint,
    coinCreator: pool.coinCreator, creator: pool.creator, feeConfig, globalConfig, quoteMint: pool.quoteMint,
    isMayhemMode: pool.isMayhemMode, creatorFeeBps: pool.creatorFeeBps,
  };
  const quoted = (work) => {
    const answer = attempt(work);
    return "error" in answer ? answer : words(answer);
  };
  const exactIn = async () => {
    const accounts = sdk.swapAccounts(swap);
    const list = await sdk.buyInstructionsNoPool(swap, tokens, spend);
    const like = list.find(({ programId }) => programId.equals(amm.PUMP_AMM_PROGRAM_ID));
    const listed = program.idl.instructions.find(({ name }) => name === "buyExactQuoteIn").accounts.length;
    return program.methods.buyExactQuoteIn(spend, floor, { 0: true }).accounts(accounts)
      .remainingAccounts(like.keys.slice(listed)).instruction();
  };

  return {
    quotes: {
      exact_out: quoted(() => amm.buyBaseInput({ ...quoting, base: tokens })),
      exact_in: quoted(() => amm.buyQuoteInput({ ...quoting, quote: spend })),
      sale: quoted(() => amm.sellBaseInput({ ...quoting, base: tokens })),
    },
    instructions: {
      buy: await built(() => sdk.buyBaseInput(swap, tokens, state.slippage)),
      buy_for: await built(() => sdk.buyQuoteInput(swap, spend, state.slippage)),
      sell: await built(() => sdk.sellBaseInput(swap, tokens, state.slippage)),
      buy_exact_quote_in: await built(exactIn),
      init_volume: await built(() => sdk.initUserVolumeAccumulator({ payer: user, user })),
      close_volume: await built(() => sdk.closeUserVolumeAccumulator(user)),
      claim: await built(() => {
        const volume = amm.userVolumeAccumulatorPda(user);
        return program.methods.claimCashback().accountsPartial({
          user, quoteMint: pool.quoteMint, quoteTokenProgram, userVolumeAccumulator: volume,
          userVolumeAccumulatorWsolTokenAccount: getAssociatedTokenAddressSync(pool.quoteMint, volume, true, quoteTokenProgram),
          userWsolTokenAccount: swap.userQuoteTokenAccount,
        }).instruction();
      }),
      extend: await built(() => sdk.extendAccount(swap.poolKey, user)),
    },
  };
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const state = JSON.parse(line);
    // The SDKs draw fee recipients at random: here the state says which.
    Math.random = () => state.random;
    derived.clear();
    const answer = state.kind === "curve" ? await curveAnswer(state) : await poolAnswer(state);
    process.stdout.write(JSON.stringify({ id: state.id, ...answer }) + "\n");
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
