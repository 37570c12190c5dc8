// Runs small programs under hardware breakpoints and tells where they trapped. x86-64 Linux; the programs' bytes mean the same in
// 32-bit code. Input, a line per case: program in hexadecimal, DR7, four offsets of breakpoints in the data page. Output: per case
// a line of EIP offset:DR6 bits:RF for each trap.
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char *const code = (unsigned char *)0x10000;
static unsigned char *const data = (unsigned char *)0x20000;
static const unsigned long resume_flag = 0x10000;

static void must(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static void run_case(const unsigned char *program, int length, unsigned long control, const unsigned long *at) {
  pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    memcpy(code, program, length);
    code[length] = 0xcc;
    memset(data, 0, 4096);
    raise(SIGSTOP);
    __asm__ volatile(
        "lea 8(%0), %%rsi; xor %%eax, %%eax; xor %%ecx, %%ecx; pxor %%xmm0, %%xmm0; fninit; cld; jmp *%1"
        :
        : "D"(data), "b"(code)
        : "rsi", "rax", "rcx");
  }
  int status;
  waitpid(child, &status, 0);
  const size_t registers = offsetof(struct user, u_debugreg);
  for (int i = 0; i < 4; i++)
    must(ptrace(PTRACE_POKEUSER, child, registers + 8 * i, (unsigned long)data + at[i]) == 0, "debug address");
  must(ptrace(PTRACE_POKEUSER, child, registers + 8 * 7, control) == 0, "DR7");
  for (int stops = 0; stops < 100; stops++) {
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
    must(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "the program failed");
    struct user_regs_struct user;
    ptrace(PTRACE_GETREGS, child, 0, &user);
    long offset = (long)(user.rip - (unsigned long)code);
    if (offset > length) break;
    unsigned long cause = ptrace(PTRACE_PEEKUSER, child, registers + 8 * 6, 0);
    printf("%s%lx:%lx:%d", stops ? "," : "", offset, cause & 0xf, (user.eflags & resume_flag) != 0);
  }
  printf("\n");
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
}

int main(void) {
  const int rights = PROT_READ | PROT_WRITE | PROT_EXEC;
  const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  must(mmap(code, 4096, rights, flags, -1, 0) == code, "code page");
  must(mmap(data, 4096, rights, flags, -1, 0) == data, "data page");
  char text[512];
  unsigned long control, at[4];
  while (scanf("%511s %lx %lx %lx %lx %lx", text, &control, at, at + 1, at + 2, at + 3) == 6) {
    unsigned char program[256];
    int length = (int)strlen(text) / 2;
    for (int i = 0; i < length; i++) {
      unsigned byte;
      sscanf(text + 2 * i, "%2x", &byte);
      program[i] = (unsigned char)byte;
    }
    run_case(program, length, control, at);
    fflush(stdout);
  }
  return 0;
}
