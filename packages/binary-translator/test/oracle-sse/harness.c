// Runs single vector instructions on the CPU of this machine. stdin: records, stdout: the same records afterwards, where the first byte
// says which signal ended the instruction (0: none). MMX and SSE code is the same in 32-bit and 64-bit mode; memory operands are [RDI].
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record {
  unsigned char code[16];
  unsigned char xmm[3][16];
  unsigned char mm[3][8];
  unsigned eax, ecx, edx, unused;
  unsigned mxcsr, eflags;
  unsigned char memory[32];
} __attribute__((aligned(16)));

static unsigned char *page, *last;
static int trap;

void execute(struct record *record, void *code);
__asm__(
    "execute:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
    "mov %rdi, %r12; mov %rsi, %r13\n"
    "movdqu 16(%r12), %xmm0; movdqu 32(%r12), %xmm1; movdqu 48(%r12), %xmm2\n"
    "movq 64(%r12), %mm0; movq 72(%r12), %mm1; movq 80(%r12), %mm2\n"
    "ldmxcsr 104(%r12)\n"
    "mov 88(%r12), %eax; mov 92(%r12), %ecx; mov 96(%r12), %edx\n"
    "lea 112(%r12), %rdi\n"
    "mov 108(%r12), %r14d; push %r14; popfq\n"
    "call *%r13\n"
    "pushfq; pop %r14; mov %r14d, 108(%r12)\n"
    "mov %eax, 88(%r12); mov %ecx, 92(%r12); mov %edx, 96(%r12)\n"
    "stmxcsr 104(%r12)\n"
    "movdqu %xmm0, 16(%r12); movdqu %xmm1, 32(%r12); movdqu %xmm2, 48(%r12)\n"
    "movq %mm0, 64(%r12); movq %mm1, 72(%r12); movq %mm2, 80(%r12)\n"
    "emms; movl $0x1f80, -8(%rsp); ldmxcsr -8(%rsp); cld\n"
    "pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "ret\n");

static void handler(int signal, siginfo_t *information, void *context) {
  (void)information;
  trap = signal;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (long long)last;
}

int main(void) {
  static struct record record;
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  const int signals[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS};
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
  while (fread(&record, sizeof record, 1, stdin) == 1) {
    const unsigned length = record.code[15];
    memcpy(page, record.code, length);
    last = page + length;
    *last = 0xc3;
    trap = 0;
    record.eflags = (record.eflags & 0x8d5) | 0x202;
    execute(&record, page);
    record.code[0] = (unsigned char)trap;
    fwrite(&record, sizeof record, 1, stdout);
  }
  return 0;
}
