/* The runtime's side of a program: its input, its system calls, and what every instruction here needs of them.

   Limits of this tool chain: no writable globals, no 128-bit integers, at most five arguments a function, 4 KiB of
   stack a function. */
#ifndef SVM_H
#define SVM_H
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))

typedef struct { u8 bytes[32]; } Key;
/* Layouts below are the runtime's: system calls read and write them. */
typedef struct {
  Key *key;
  u64 *lamports;
  u64 data_len;
  u8 *data;
  Key *owner;
  u64 rent_epoch;
  u8 is_signer, is_writable, executable;
} Account;
typedef struct { const Key *key; u8 is_writable, is_signer; } Meta;
typedef struct { const Key *program; Meta *metas; u64 meta_count; u8 *data; u64 data_len; } Instruction;
typedef struct { const u8 *at; u64 len; } Bytes;
typedef struct { const Bytes *at; u64 count; } Seeds;
typedef struct { i64 slot, epoch_start, epoch, leader_epoch, unix_timestamp; } Clock;

extern void sol_log_(const char *text, u64 len);
extern void sol_log_data(const Bytes *fields, u64 count);
extern u64 sol_invoke_signed_c(const Instruction *, const Account *, u64 count, const Seeds *, u64 seeds);
extern u64 sol_get_clock_sysvar(Clock *);
extern u64 sol_try_find_program_address(const Bytes *, u64 count, const Key *program, Key *found, u8 *bump);

#define LOG(text) do { static const char text_[] = text; sol_log_(text_, sizeof(text_) - 1); } while (0)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
/* A failure as the framework of the real programs reports it. */
#define FAIL(number, name, why) do { \
    LOG("AnchorError occurred. Error Code: " name ". Error Number: " TEXT(number) ". Error Message: " why "."); \
    return number; } while (0)
#define ACCOUNT_FAIL(account, number, name, why) do { \
    LOG("AnchorError caused by account: " account ". Error Code: " name ". Error Number: " TEXT(number) \
        ". Error Message: " why "."); \
    return number; } while (0)
#define SEEDS_FAIL(account) ACCOUNT_FAIL(account, 2006, "ConstraintSeeds", "A seeds constraint was violated")
#define ADDRESS_FAIL(account) ACCOUNT_FAIL(account, 2012, "ConstraintAddress", "An address constraint was violated")
#define CHECK(call) do { u64 failure_ = (call); if (failure_) return failure_; } while (0)

#define MOST_ACCOUNTS 36
typedef struct {
  Account a[MOST_ACCOUNTS];
  u64 n;
  u8 *data;
  u64 data_len;
  const Key *program;
} Call;

/* The machine reads and writes words at any address; through memcpy the compiler would go byte by byte. */
typedef u64 __attribute__((may_alias)) Word;
INLINE u64 rd64(const u8 *p) { return *(const Word *)p; }
INLINE void wr64(u8 *p, u64 v) { *(Word *)p = v; }
INLINE u16 rd16(const u8 *p) { return (u16)(p[0] | p[1] << 8); }
INLINE void copy_key(u8 *to, const u8 *from) { for (int i = 0; i < 32; i += 8) wr64(to + i, rd64(from + i)); }
INLINE int same(const u8 *a, const u8 *b) {
  return rd64(a) == rd64(b) && rd64(a + 8) == rd64(b + 8) && rd64(a + 16) == rd64(b + 16) && rd64(a + 24) == rd64(b + 24);
}
INLINE int is_zero(const u8 *key) { return !(rd64(key) | rd64(key + 8) | rd64(key + 16) | rd64(key + 24)); }
INLINE int is_key(const Account *a, const u8 *key) { return same(a->key->bytes, key); }
INLINE u64 rent_of(u64 bytes) { return (bytes + 128) * 6960; }

/* The accounts and data of an instruction. False when there are more accounts than fit. */
APART int read_call(Call *call, u8 *input) {
  call->n = rd64(input);
  u8 *p = input + 8;
  if (call->n > MOST_ACCOUNTS) return 0;
  for (u64 i = 0; i < call->n; i++) {
    Account *a = &call->a[i];
    if (*p != 0xff) { *a = call->a[*p]; p += 8; continue; }
    a->is_signer = p[1]; a->is_writable = p[2]; a->executable = p[3];
    p += 8;
    a->key = (Key *)p; p += 32;
    a->owner = (Key *)p; p += 32;
    a->lamports = (u64 *)p; p += 8;
    a->data_len = rd64(p); p += 8;
    a->data = p; p += a->data_len + 10240;
    p = (u8 *)(((u64)p + 7) & ~7ULL);
    a->rent_epoch = rd64(p); p += 8;
  }
  call->data_len = rd64(p);
  call->data = p + 8;
  call->program = (const Key *)(p + 8 + call->data_len);
  return 1;
}

/* Whether `key` is the address derived from up to four seeds; `bump` is set when it is not null. */
APART int is_derived(const Key *key, const Bytes *seeds, u64 count, const Key *program, u8 *bump) {
  Key found;
  u8 at;
  if (sol_try_find_program_address(seeds, count, program, &found, &at)) return 0;
  if (bump) *bump = at;
  return same(found.bytes, key->bytes);
}
#define SEED(text) {(const u8 *)text, sizeof(text) - 1}
INLINE int is_named(const Account *a, Bytes name, const u8 *second, const u8 *program, u8 *bump) {
  Bytes seeds[2] = {name, {second, 32}};
  return is_derived(a->key, seeds, 2, (const Key *)program, bump);
}

/* An instruction for another program, put together field by field. */
typedef struct { Meta metas[20]; u64 count; u8 data[320]; u64 len; } Draft;
INLINE void add(Draft *d, const Account *a, int writable, int signer) {
  Meta *m = &d->metas[d->count++];
  m->key = a->key; m->is_writable = (u8)writable; m->is_signer = (u8)signer;
}
INLINE void put8(Draft *d, u8 v) { d->data[d->len++] = v; }
INLINE void put32(Draft *d, u32 v) { for (int i = 0; i < 4; i++) put8(d, (u8)(v >> (8 * i))); }
INLINE void put64(Draft *d, u64 v) { wr64(d->data + d->len, v); d->len += 8; }
INLINE void put_key(Draft *d, const u8 *key) { copy_key(d->data + d->len, key); d->len += 32; }
APART u64 invoke(Call *call, Draft *d, const Account *program, const Seeds *signer) {
  Instruction i = {program->key, d->metas, d->count, d->data, d->len};
  return sol_invoke_signed_c(&i, call->a, call->n, signer, signer ? 1 : 0);
}

/* What an event says: the call of oneself that carries it, and within it what is logged. */
typedef struct { u8 bytes[760]; u64 len; } Event;
INLINE void say8(Event *e, u8 v) { e->bytes[e->len++] = v; }
INLINE void say16(Event *e, u16 v) { say8(e, (u8)v); say8(e, (u8)(v >> 8)); }
INLINE void say64(Event *e, u64 v) { wr64(e->bytes + e->len, v); e->len += 8; }
INLINE void say_key(Event *e, const u8 *key) { copy_key(e->bytes + e->len, key); e->len += 32; }
APART void say_text(Event *e, const u8 *text, u64 len) {
  for (int i = 0; i < 4; i++) say8(e, (u8)(len >> (8 * i)));
  for (u64 i = 0; i < len; i++) say8(e, text[i]);
}
#define SAY_NAME(e, text) say_text(e, (const u8 *)text, sizeof(text) - 1)
INLINE u64 now(void) { Clock c; sol_get_clock_sysvar(&c); return (u64)c.unix_timestamp; }
#endif
