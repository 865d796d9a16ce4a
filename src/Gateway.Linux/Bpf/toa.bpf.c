// The client's address in a TCP option (TOA), written to backends and kept from clients: a BPF_PROG_TYPE_SOCK_OPS program, attached to the cgroup of the
// gateway for as long as the gateway runs. Build it with build.sh, which writes toa.bpf.bin (the instructions alone) and toa.bpf.txt (what they were built from).
//
// It acts on a socket only if the gateway has put a struct toa into the socket's storage (BPF_MAP_TYPE_SK_STORAGE, freed with the socket); every other
// socket of the cgroup costs it one comparison or one look-up. So several gateways in one cgroup do not see each other: each has a map of its own.
//
//   TOA_WRITE  set before connect(): the option goes into the SYN, the ACK of the handshake and further segments, until the backend has acknowledged
//              payload or sent some. `state` then says whether the SYN had room for it.
//   TOA_READ   set on a listening socket, copied to its children by the kernel (BPF_F_CLONE): the options of the handshake's last ACK and of the first
//              segment with payload are kept as they came; the gateway parses them. (Those of the SYN come from TCP_SAVED_SYN, without a program.)
//
// struct toa has a twin: ToaRecord.cs. Sources: include/uapi/linux/bpf.h (BPF_SOCK_OPS_*, header options), net/ipv4/tcp_output.c, tcp_input.c (bpf_skops_*).
// Linux 5.10 or later: bpf_store_hdr_opt.
#include <linux/bpf.h>

#define TCP_HEADER 20
#define MOST_OPTIONS 40
#define TCP_SYN_SENT 2

enum { TOA_WRITE = 1, TOA_READ = 2 };
enum { TOA_SENT = 1, TOA_NO_ROOM = 2 };
enum { TOA_IN_ACK = 1, TOA_IN_DATA = 2 };

struct toa {
    __u8 role;
    __u8 state;       // write: of the SYN
    __u8 length;      // write: bytes of `option`
    __u8 carriers;    // read: segments whose options are kept
    __u8 option[20];  // write: kind, length, value
    __u8 ack_length;
    __u8 data_length;
    __u8 unused[2];
    __u8 ack[MOST_OPTIONS];
    __u8 data[MOST_OPTIONS];
};

// The one symbol that is not in this file: the gateway puts its map's descriptor wherever a 64-bit zero is loaded.
extern char toa_map;

static void *(*bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)BPF_FUNC_sk_storage_get;
static long (*bpf_sock_ops_cb_flags_set)(struct bpf_sock_ops *ops, int flags) = (void *)BPF_FUNC_sock_ops_cb_flags_set;
static long (*bpf_reserve_hdr_opt)(struct bpf_sock_ops *ops, __u32 length, __u64 flags) = (void *)BPF_FUNC_reserve_hdr_opt;
static long (*bpf_store_hdr_opt)(struct bpf_sock_ops *ops, const void *from, __u32 length, __u64 flags) = (void *)BPF_FUNC_store_hdr_opt;

// Other programs of the cgroup share the socket's flags: only ours are touched.
static __attribute__((always_inline)) void set_flag(struct bpf_sock_ops *ops, int flag)
{
    bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | flag);
}

static __attribute__((always_inline)) void clear_flag(struct bpf_sock_ops *ops, int flag)
{
    bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags & ~flag);
}

// In these callbacks skb_data is the TCP header, and skb_data_end its end, options included.
static __attribute__((always_inline)) __u8 keep_options(struct bpf_sock_ops *ops, __u8 *to)
{
    __u8 *from = ops->skb_data, *end = ops->skb_data_end;
    __u8 length = 0;
    from += TCP_HEADER;
#pragma unroll
    for (int i = 0; i < MOST_OPTIONS; i += 4) {
        if (from + i + 4 > end)
            break;
        *(__u32 *)(to + i) = *(__u32 *)(from + i);
        length = i + 4;
    }
    return length;
}

static __attribute__((always_inline)) void reserve(struct bpf_sock_ops *ops, struct toa *toa)
{
    // The SYN counts as one acknowledged byte.
    if (ops->bytes_acked > 1 || ops->bytes_received > 0) {
        clear_flag(ops, BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG);
        return;
    }
    if (bpf_reserve_hdr_opt(ops, toa->length, 0) < 0 && ops->state == TCP_SYN_SENT)
        toa->state = TOA_NO_ROOM;
}

static __attribute__((always_inline)) void write(struct bpf_sock_ops *ops, struct toa *toa)
{
    __u64 length = toa->length;
    if (length < 2)
        return;
    // Keeps the compiler from making one comparison of two, whose bounds the verifier would not see.
    asm volatile("" : "+r"(length));
    if (length > sizeof(toa->option))
        return;
    long result = bpf_store_hdr_opt(ops, toa->option, length, 0);
    if (ops->state == TCP_SYN_SENT)
        toa->state = result < 0 ? TOA_NO_ROOM : TOA_SENT;
}

static __attribute__((always_inline)) void accepted(struct bpf_sock_ops *ops, struct toa *toa)
{
    toa->ack_length = keep_options(ops, toa->ack);
    if (toa->carriers & TOA_IN_DATA)
        set_flag(ops, BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG);
}

static __attribute__((always_inline)) void received(struct bpf_sock_ops *ops, struct toa *toa)
{
    __u32 header = (__u64)ops->skb_data_end - (__u64)ops->skb_data;
    if (ops->bytes_received == 0) {
        if (ops->skb_len <= header)
            return;
        toa->data_length = keep_options(ops, toa->data);
    }
    clear_flag(ops, BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG);
}

__attribute__((section("sockops"), used)) int toa(struct bpf_sock_ops *ops)
{
    __u32 op = ops->op;
    if (op != BPF_SOCK_OPS_TCP_CONNECT_CB && op != BPF_SOCK_OPS_HDR_OPT_LEN_CB && op != BPF_SOCK_OPS_WRITE_HDR_OPT_CB
        && op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB && op != BPF_SOCK_OPS_PARSE_HDR_OPT_CB)
        return 1;
    struct bpf_sock *socket = ops->sk;
    if (!socket)
        return 1;
    struct toa *toa = bpf_sk_storage_get(&toa_map, socket, 0, 0);
    if (!toa)
        return 1;
    if (toa->role == TOA_WRITE) {
        if (op == BPF_SOCK_OPS_TCP_CONNECT_CB)
            set_flag(ops, BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG);
        else if (op == BPF_SOCK_OPS_HDR_OPT_LEN_CB)
            reserve(ops, toa);
        else if (op == BPF_SOCK_OPS_WRITE_HDR_OPT_CB)
            write(ops, toa);
    } else if (op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
        accepted(ops, toa);
    } else if (op == BPF_SOCK_OPS_PARSE_HDR_OPT_CB) {
        received(ops, toa);
    }
    return 1;
}
