// The official SDKs as clients of a local node: node official.cjs HTTP_URL. Prints what happened as one line of JSON.
"use strict";
const {
  Connection, Keypair, LAMPORTS_PER_SOL, SystemProgram, Transaction, TransactionMessage, VersionedTransaction,
  sendAndConfirmTransaction,
} = require("@solana/web3.js");
const {
  OnlinePumpSdk, PUMP_SDK, bondingCurvePda, canonicalPumpPoolPda, getBuyTokenAmountFromSolAmount, getSellSolAmountFromTokenAmount,
} = require("@pump-fun/pump-sdk");
const { OnlinePumpAmmSdk, PUMP_AMM_SDK } = require("@pump-fun/pump-swap-sdk");
const BN = require("bn.js");
const { TOKEN_2022_PROGRAM_ID } = require("@solana/spl-token");

async function main(url) {
  const connection = new Connection(url, "confirmed");
  const said = {};
  const user = Keypair.generate();
  const heard = [];
  const listener = connection.onLogs(user.publicKey, (logs) => heard.push(logs.signature), "confirmed");

  const airdrop = await connection.requestAirdrop(user.publicKey, 500 * LAMPORTS_PER_SOL);
  said.airdrop = (await connection.confirmTransaction({ signature: airdrop, ...(await connection.getLatestBlockhash()) })).value.err;
  const to = Keypair.generate().publicKey;
  const pay = SystemProgram.transfer({ fromPubkey: user.publicKey, toPubkey: to, lamports: LAMPORTS_PER_SOL });
  const paid = await sendAndConfirmTransaction(connection, new Transaction().add(pay), [user]);
  said.paid = await connection.getBalance(to);
  said.fee = (await connection.getTransaction(paid, { maxSupportedTransactionVersion: 0 })).meta.fee;
  said.parsed = (await connection.getParsedTransaction(paid, { maxSupportedTransactionVersion: 0 })).transaction.message.accountKeys.length;
  said.signatures = (await connection.getSignaturesForAddress(user.publicKey)).map((row) => row.signature).includes(paid);

  const send = async (instructions, ...signers) => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    const message = new TransactionMessage({ payerKey: user.publicKey, recentBlockhash: blockhash, instructions }).compileToV0Message();
    const transaction = new VersionedTransaction(message);
    transaction.sign([user, ...signers]);
    const signature = await connection.sendTransaction(transaction);
    const { value } = await connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight });
    if (value.err) throw new Error(JSON.stringify(value.err));
    return signature;
  };

  const mint = Keypair.generate();
  const tokenProgram = TOKEN_2022_PROGRAM_ID;
  const words = { name: "Tiny Cat", symbol: "CAT", uri: "https://metadata.invalid/1" };
  await send([await PUMP_SDK.createV2Instruction({ mint: mint.publicKey, ...words, creator: user.publicKey, user: user.publicKey, mayhemMode: false })], mint);
  const online = new OnlinePumpSdk(connection);
  const global = await online.fetchGlobal();
  const feeConfig = await online.fetchFeeConfig();
  const coin = { global, mint: mint.publicKey, user: user.publicKey, tokenProgram };

  const buy = async (sol, build) => {
    const state = await online.fetchBuyState(mint.publicKey, user.publicKey, tokenProgram);
    const quoteAmount = new BN(sol * LAMPORTS_PER_SOL);
    const mintSupply = state.bondingCurve.tokenTotalSupply;
    const amount = getBuyTokenAmountFromSolAmount({ global, feeConfig, mintSupply, bondingCurve: state.bondingCurve, amount: quoteAmount });
    await send(await build({ ...coin, ...state, amount, quoteAmount, solAmount: quoteAmount, slippage: 1 }));
    return amount;
  };
  const sell = async (amount, build) => {
    const state = await online.fetchSellState(mint.publicKey, user.publicKey, tokenProgram);
    const mintSupply = state.bondingCurve.tokenTotalSupply;
    const quoteAmount = getSellSolAmountFromTokenAmount({ global, feeConfig, mintSupply, bondingCurve: state.bondingCurve, amount });
    const before = await connection.getBalance(user.publicKey);
    const options = { mayhemMode: false, cashback: false };
    await send(await build({ ...coin, ...state, ...options, amount, quoteAmount, solAmount: quoteAmount, slippage: 1 }));
    return (await connection.getBalance(user.publicKey)) + 5000 - before - quoteAmount.toNumber();
  };
  const older = await buy(1, (order) => PUMP_SDK.buyInstructions(order));
  const newer = await buy(2, (order) => PUMP_SDK.buyV2Instructions(order));
  const [largest] = (await connection.getTokenAccountsByOwner(user.publicKey, { mint: mint.publicKey })).value;
  said.held = (await connection.getTokenAccountBalance(largest.pubkey)).value.amount === older.add(newer).toString();
  // What came in beyond the SDK's own quote: nothing.
  said.soldLegacy = await sell(older.divn(2), (order) => PUMP_SDK.sellInstructions(order));
  said.soldV2 = await sell(newer.divn(2), (order) => PUMP_SDK.sellV2Instructions(order));

  await buy(120, (order) => PUMP_SDK.buyV2Instructions({ ...order, amount: order.bondingCurve.realTokenReserves }));
  said.complete = (await online.fetchBondingCurve(mint.publicKey)).complete;
  await send([
    require("@solana/web3.js").ComputeBudgetProgram.setComputeUnitLimit({ units: 600000 }),
    await PUMP_SDK.migrateInstruction({ withdrawAuthority: global.withdrawAuthority, mint: mint.publicKey, user: user.publicKey, tokenProgram }),
  ]);
  const amm = new OnlinePumpAmmSdk(connection);
  const pool = canonicalPumpPoolPda(mint.publicKey);
  const quoteIn = new BN(LAMPORTS_PER_SOL);
  await send(await PUMP_AMM_SDK.buyQuoteInput(await amm.swapSolanaState(pool, user.publicKey), quoteIn, 1));
  await send(await PUMP_AMM_SDK.sellBaseInput(await amm.swapSolanaState(pool, user.publicKey), older, 1));
  said.pool = (await amm.fetchPool(pool)).baseMint.equals(mint.publicKey);
  said.curve = (await connection.getAccountInfo(bondingCurvePda(mint.publicKey))).data.length;

  await connection.removeOnLogsListener(listener);
  said.heard = heard.length;
  return said;
}

main(process.argv[2]).then(
  (said) => { process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0)); },
  (error) => { process.stderr.write(`${error.stack} ${JSON.stringify(error.logs || null)}\n`, () => process.exit(1)); },
);
