// Runs pieces of 32-bit code as user code of a real processor, and prints the exceptions that they meet, as Linux reports them.
// Input, a line each: protection of the data page (0 none, 1 read-only, 2 writable) and the code in hexadecimal digits.
// The code finds EBX at the data page, selector 7 (LDT) as a 16-bit stack segment, and has to end with INT3, or by a fault.
// Output, a line each: `vector:error@offset` for each exception, then the registers at the last: EAX, ECX, EDX, ESP, EBP.
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { code_at = 0x10000000, stack_at = 0x20000000, data_at = 0x30000000, esp_at = stack_at + 0x18000, steps = 12 };
enum { breakpoint = 3, debug = 1, page_fault = 14, general_protection = 13, alignment = 17 };

static sigjmp_buf done;
static int events;
static volatile struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) entry = { code_at, 0x23 };

static void handle(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  int vector = (int)r[REG_TRAPNO];
  int with_error = vector == page_fault || vector == general_protection || vector == 10 || vector == 11 || vector == 12 || vector == alignment;
  printf("%d:%llx@%llx ", vector, with_error ? r[REG_ERR] : 0LL, r[REG_RIP] - code_at);
  if (vector == debug && ++events < steps) return;
  printf("%08llx %08llx %08llx %08llx %08llx\n", r[REG_RAX], r[REG_RCX], r[REG_RDX], r[REG_RSP], r[REG_RBP]);
  siglongjmp(done, 1);
}

// Populated, so that a page that may be read is present.
static void *map(uintptr_t at, size_t bytes, int protection) {
  return mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
}

int main(void) {
  static char alternate[65536];
  stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
  int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  struct user_desc small = { .entry_number = 0, .base_addr = stack_at, .limit = 0xffff, .useable = 1 };
  if (syscall(SYS_modify_ldt, 1, &small, sizeof small) != 0) return 1;
  unsigned char *code = map(code_at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  int protection;
  char digits[256];
  while (scanf("%d %255s", &protection, digits) == 2) {
    memset(code, 0xcc, 4096);
    unsigned byte;
    for (int i = 0; sscanf(digits + 2 * i, "%2x", &byte) == 1; i++) code[i] = (unsigned char)byte;
    map(stack_at, 0x20000, PROT_READ | PROT_WRITE);
    map(data_at, 4096, protection == 2 ? PROT_READ | PROT_WRITE : protection == 1 ? PROT_READ : PROT_NONE);
    events = 0;
    if (sigsetjmp(done, 1)) continue;
    asm volatile("mov $0x2b, %%ecx\n mov %%ecx, %%ds\n mov %%ecx, %%es\n mov $0x0a0a0a0a, %%eax\n mov $0x0c0c0c0c, %%ecx\n"
                 "mov $0x0d0d0d0d, %%edx\n mov $0x30000000, %%ebx\n mov $0x0bbb0bbb, %%ebp\n mov $0x51515151, %%esi\n"
                 "mov $0xd1d1d1d1, %%edi\n mov $0x20018000, %%esp\n pushq $2\n popfq\n ljmp *%0" ::"m"(entry) : "memory");
  }
  return 0;
}
