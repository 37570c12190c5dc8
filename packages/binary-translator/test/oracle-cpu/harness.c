// Runs single instructions on the CPU of this machine in a 32-bit process. stdin: cases, stdout: results (see cases.ts).
// Freestanding: needs only gcc -m32, no 32-bit libraries. Every case is entered by returning from a signal handler, which sets all
// registers at once, and left through the next signal: the code page is full of INT3.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define CODE 0x20000000u
#define DATA 0x30000000u
#define ENTRY 0x800u
#define WINDOW 0xf80u
#define WINDOW_BYTES 512
#define EDGE 0x1fc0u
#define EDGE_BYTES 64

struct memory {
  u8 window[WINDOW_BYTES];
  u8 edge[EDGE_BYTES];
};
// EAX ECX EDX EBX ESP EBP ESI EDI
struct input {
  u32 code16, eflags, registers[8];
  u8 code[16];
  struct memory memory;
};
struct output {
  u32 trap, error, cr2, eip, eflags, registers[8];
  struct memory memory;
  u16 selectors[6];
};
struct context {
  u32 flags, link, stack[3];
  u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, uesp, ss, fpstate, oldmask, cr2;
};

static int call(int number, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f) {
  int result;
  // EBP holds the sixth argument, which the compiler will not give away.
  u32 arguments[2] = {f, (u32)number};
  __asm__ volatile("push %%ebp; mov (%%eax), %%ebp; mov 4(%%eax), %%eax; int $0x80; pop %%ebp"
                   : "=a"(result)
                   : "a"(arguments), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory");
  return result;
}
static void leave(int code) {
  call(1, (u32)code, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}
void *memset(void *to, int value, u32 count) {
  u8 *at = to;
  while (count--) *at++ = (u8)value;
  return to;
}
void *memcpy(void *to, const void *from, u32 count) {
  u8 *at = to;
  const u8 *source = from;
  while (count--) *at++ = *source++;
  return to;
}

static struct input in;
static struct output out;
static u32 flat_cs, flat_ss;
static int running;

static int transfer(int number, u32 file, void *buffer, u32 count) {
  u32 done = 0;
  while (done < count) {
    int moved = call(number, file, (u32)buffer + done, count - done, 0, 0, 0);
    if (moved <= 0) return done == 0 ? 0 : -1;
    done += (u32)moved;
  }
  return 1;
}

static void report(const struct context *c) {
  const u32 registers[8] = {c->eax, c->ecx, c->edx, c->ebx, c->esp, c->ebp, c->esi, c->edi};
  out.trap = c->trapno;
  out.error = c->trapno == 14 || c->trapno == 13 || c->trapno == 12 ? c->err : 0;
  out.cr2 = c->trapno == 14 ? c->cr2 : 0;
  out.eip = c->eip;
  out.eflags = c->eflags;
  memcpy(out.registers, registers, sizeof registers);
  memcpy(out.memory.window, (void *)(DATA + WINDOW), WINDOW_BYTES);
  memcpy(out.memory.edge, (void *)(DATA + EDGE), EDGE_BYTES);
  const u16 selectors[6] = {c->es, c->cs, c->ss, c->ds, c->fs, c->gs};
  memcpy(out.selectors, selectors, sizeof selectors);
  if (transfer(4, 1, &out, sizeof out) <= 0) leave(2);
}

static void enter(struct context *c) {
  memset((void *)CODE, 0xcc, 4096);
  memset((void *)DATA, 0, 8192);
  memcpy((void *)(CODE + ENTRY), in.code, sizeof in.code);
  memcpy((void *)(DATA + WINDOW), in.memory.window, WINDOW_BYTES);
  memcpy((void *)(DATA + EDGE), in.memory.edge, EDGE_BYTES);
  c->eax = in.registers[0];
  c->ecx = in.registers[1];
  c->edx = in.registers[2];
  c->ebx = in.registers[3];
  c->esp = in.registers[4];
  c->ebp = in.registers[5];
  c->esi = in.registers[6];
  c->edi = in.registers[7];
  c->eflags = in.eflags | 0x202;
  c->fs = 0x07;
  c->gs = 0x0f;
  c->cs = in.code16 ? 0x17 : flat_cs;
  c->ss = c->ds = c->es = in.code16 ? 0x07 : flat_ss;
  c->eip = in.code16 ? ENTRY : CODE + ENTRY;
}

static void handler(int signal, void *information, struct context *c) {
  (void)signal;
  (void)information;
  if (!running) {
    flat_cs = c->cs & 0xffff;
    flat_ss = c->ss & 0xffff;
  } else
    report(c);
  running = 1;
  int more = transfer(3, 0, &in, sizeof in);
  if (more <= 0) leave(more == 0 ? 0 : 3);
  enter(c);
}

__attribute__((naked)) static void restore(void) { __asm__("mov $173, %eax; int $0x80"); }

// A segment of 64 KiB - 1 in the LDT; contents 2 is code.
static void segment(u32 number, u32 base, u32 contents) {
  const u32 description[4] = {number, base, 0xffff, contents << 1 | 1u << 6};
  if (call(123, 1, (u32)description, sizeof description, 0, 0, 0) != 0) leave(4);
}

static void map(u32 address, u32 bytes) {
  // PROT_READ | PROT_WRITE | PROT_EXEC; MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
  if ((u32)call(192, address, bytes, 7, 0x32, (u32)-1, 0) != address) leave(5);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  static u8 stack[65536];
  const u32 alternate[3] = {(u32)stack, 0, sizeof stack};
  if (call(186, (u32)alternate, 0, 0, 0, 0, 0) != 0) leave(6);
  // SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER
  const u32 action[5] = {(u32)handler, 0x4c000004, (u32)restore, 0, 0};
  const u8 signals[5] = {4, 5, 7, 8, 11};
  for (int i = 0; i < 5; i++)
    if (call(174, signals[i], (u32)action, 0, 8, 0, 0) != 0) leave(7);
  map(CODE, 4096);
  map(DATA, 8192);
  segment(0, DATA, 0);
  segment(1, DATA + 0x1000, 0);
  segment(2, CODE, 2);
  __asm__ volatile("int3");
  leave(8);
}
