// Runs x87 instructions on the CPU of this machine. stdin: records (see image.ts); stdout: the records afterwards.
#include <stdint.h>
#include <stdio.h>

#define CLOBBERS "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"

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
  static uint8_t record[128];
  while (fread(record, sizeof record, 1, stdin) == 1) {
    uint16_t *tail = (uint16_t *)(record + 124);
    tail[0] = run(tail[1], record, record + 108, 0x202 | (tail[0] & 0x45)) & 0x45;
    if (fwrite(record, sizeof record, 1, stdout) != 1) return 1;
  }
  return 0;
}
