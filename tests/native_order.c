// What tests/native_order.py loads into a native gateway: notes which functions are called, and whose unwind information is read.
// At the beginning of every function of a list stands a trap. The first call notes the function and takes the trap away, so that the program
// runs at its speed afterwards. SIGTRAP from outside sets all traps again. The runtime's search for unwind information has one that stays.
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP = 0xCC, SINGLE_STEP = 0x100, MOST = 4 << 20 };

// The list: the search, the begin and the end of the code, and the functions, all as addresses in the file. The notes: their number, and then
// addresses; those of unwind information have the highest bit set.
static uint64_t *list, functions, *notes;
static uint8_t *image, *original;

static void note(uint64_t what) {
    uint64_t number = __atomic_fetch_add(&notes[0], 1, __ATOMIC_SEQ_CST);
    if (number < MOST) notes[number + 1] = what;
}

static uint8_t original_of(uint64_t address) { return original[address - list[1]]; }

static void set_traps(void) {
    for (uint64_t i = 0; i < functions; i++) image[list[3 + i]] = TRAP;
    image[list[0]] = TRAP;
}

static void on_trap(int number, siginfo_t *signal, void *context) {
    (void)number;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (signal->si_code <= 0) {
        set_traps();
        return;
    }
    if (signal->si_code == TRAP_TRACE) {
        // The search's first instruction is done.
        image[list[0]] = TRAP;
        registers[REG_EFL] &= ~SINGLE_STEP;
        return;
    }
    uint64_t address = (uint64_t)registers[REG_RIP] - 1 - (uint64_t)image;
    if (address < list[1] || address >= list[2]) abort();
    if (__atomic_exchange_n(&image[address], original_of(address), __ATOMIC_SEQ_CST) == TRAP && address != list[0]) note(address);
    if (address == list[0]) {
        // UnixNativeCodeManager::FindMethodInfo(this, controlPC, …)
        note(((uint64_t)registers[REG_RSI] - (uint64_t)image) | 1ull << 63);
        registers[REG_EFL] |= SINGLE_STEP;
    }
    registers[REG_RIP] -= 1;
}

static int first(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    image = (uint8_t *)info->dlpi_addr;
    return 1;
}

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("NATIVE_ORDER_LIST"), O_RDONLY), out = open(getenv("NATIVE_ORDER_NOTES"), O_RDWR);
    off_t size = lseek(file, 0, SEEK_END);
    unsetenv("LD_PRELOAD");
    dl_iterate_phdr(first, NULL);
    list = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    functions = size / sizeof *list - 3;
    notes = mmap(NULL, (MOST + 1) * sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    uint64_t length = list[2] - list[1];
    original = malloc(length);
    if (list == MAP_FAILED || notes == MAP_FAILED || original == NULL) abort();
    memcpy(original, image + list[1], length);
    if (mprotect(image + list[1], length, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) abort();
    struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigfillset(&action.sa_mask);
    sigaction(SIGTRAP, &action, NULL);
    set_traps();
}
