// Runs x87 instructions on the CPU of this machine. stdin: records (see image.ts); stdout: the records afterwards.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CLOBBERS "memory", "cc", "rax", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

// The memory operand is (%1). FNSAVE follows at once, so an exception left pending is recorded, never delivered.
#define INSTRUCTION(number, text)                                                                                      \
  case number:                                                                                                         \
    __asm__ volatile("frstor (%0)\n\tpushq %2\n\tpopfq\n\t" text "\n\tpushfq\n\tpopq %2\n\tfnsave (%0)\n\t"            \
                     "fninit\n\t"                                                                                      \
                     : "+r"(image), "+r"(memory), "+r"(flags)                                                          \
                     :                                                                                                 \
                     : CLOBBERS);                                                                                      \
    break;

static uint64_t run(unsigned instruction, uint8_t *image, uint8_t *memory, uint64_t flags) {
  switch (instruction) {
#include "instructions.inc"
  }
  return flags;
}

int main(void) {
  static uint8_t record[272];
  static _Alignas(16) uint8_t memory[512]; // as FXSAVE needs it
  while (fread(record, sizeof record, 1, stdin) == 1) {
    uint16_t *tail = (uint16_t *)(record + 268);
    memset(memory, 0, sizeof memory);
    memcpy(memory, record + 108, 160);
    tail[0] = run(tail[1], record, memory, 0x202 | (tail[0] & 0x45)) & 0x45;
    memcpy(record + 108, memory, 160);
    if (fwrite(record, sizeof record, 1, stdout) != 1) return 1;
  }
  return 0;
}
