// Runs FXSAVE, FXRSTOR and the XSAVE family on the CPU of this machine. stdin: records, stdout: the same records afterwards. The first byte
// says which signal ended the instruction (0: none). The code is the same in 32-bit and 64-bit mode; its operand is [EDI]. In 64-bit mode
// there are eight registers more, which are zero.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record {
  unsigned char code[8];
  unsigned length, eax, skew, present;
  unsigned char state[512];
  unsigned char area[576];
};

static unsigned char *page, *last;
static int trap;

static void handler(int signal, siginfo_t *information, void *context) {
  (void)information;
  trap = signal;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (long long)last;
}

int main(void) {
  static struct record record;
  static _Alignas(64) unsigned char state[576], area[1024];
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  const int signals[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
  while (fread(&record, sizeof record, 1, stdin) == 1) {
    memcpy(page, record.code, record.length);
    last = page + record.length;
    *last = 0xc3;
    // XRSTOR rather than FXRSTOR: what it loads as initial counts as not in use.
    memset(state, 0, sizeof state);
    memcpy(state, record.state, sizeof record.state);
    state[512] = (unsigned char)record.present;
    unsigned char *operand = area + record.skew;
    memcpy(operand, record.area, sizeof record.area);
    trap = 0;
    // No exception may wait where the compiler uses the FPU.
    __asm__ volatile("xrstor (%0)\n\tmov %4, %%eax\n\tcall *%1\n\tfxsave (%0)\n\tfninit\n\tmovl $0x1f80, -8(%%rsp)\n\tldmxcsr -8(%%rsp)"
                     :
                     : "r"(state), "r"(page), "D"(operand), "a"(3), "r"(record.eax), "d"(0)
                     : "memory", "st", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    memcpy(record.state, state, sizeof record.state);
    memcpy(record.area, operand, sizeof record.area);
    record.code[0] = (unsigned char)trap;
    if (fwrite(&record, sizeof record, 1, stdout) != 1) return 1;
  }
  return 0;
}
