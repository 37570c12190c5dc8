/**
 * What the assembler knows: mnemonic, operands and encoding, as the SDM's vol. 2 writes them.
 *
 * Operands: r8 r16 r32 rv (16 or 32 bits), rm8 rm16 rm32 rmv (register or memory), m (memory), sr cr dr, i8 i16 iv (immediates),
 * s8 (an immediate that fits a signed byte), al av cl dx (fixed), near short far (targets).
 * Encoding: bytes; `+r` adds a register to the byte before; `/r` and `/0` to `/7` are ModRM; ib iw iv rel8 relv far follow;
 * `o16` and `o32` choose an operand size.
 */
const table = `
mov r8 rm8          8A /r
mov rm8 r8          88 /r
mov rv rmv          8B /r
mov rmv rv          89 /r
mov rv iv           B8 +r iv
mov rm8 i8          C6 /0 ib
mov rmv iv          C7 /0 iv
mov sr rm16         8E /r
mov rmv sr          8C /r
mov r32 cr          0F 20 /r
mov cr r32          0F 22 /r
mov r32 dr          0F 21 /r
mov dr r32          0F 23 /r
movzx rv rm8        0F B6 /r
movzx r32 rm16      0F B7 /r
lea rv m            8D /r
xchg rmv rv         87 /r
inc rmv             FF /0
dec rmv             FF /1
neg rmv             F7 /3
not rmv             F7 /2
mul rmv             F7 /4
div rmv             F7 /6
idiv rmv            F7 /7
div rm8             F6 /6
test rmv rv         85 /r
test al i8          A8 ib
test rmv iv         F7 /0 iv
shl rmv i8          C1 /4 ib
shr rmv i8          C1 /5 ib
shr rmv cl          D3 /5
shl rmv cl          D3 /4
push sr             push-segment
pop sr              pop-segment
push rv             50 +r
pop rv              58 +r
push s8             6A ib
push iv             68 iv
pushw i16           o16 68 iw
push rmv            FF /6
pop rmv             8F /0
pusha               60
popa                61
pushaw              o16 60
popaw               o16 61
pushf               9C
popf                9D
pushfw              o16 9C
popfw               o16 9D
pushfd              o32 9C
popfd               o32 9D
jmp near            E9 relv
jmp short           EB rel8
jmp far             EA far
jmp rmv             FF /4
jmpf m              FF /5
jmpfw m             o16 FF /5
call near           E8 relv
call far            9A far
callw far           o16 9A far
call rmv            FF /2
callf m             FF /3
callfw m            o16 FF /3
ret                 C3
ret i16             C2 iw
retf                CB
retf i16            CA iw
retfw               o16 CB
iret                CF
iretw               o16 CF
iretd               o32 CF
int i8              CD ib
int3                CC
int1                F1
into                CE
bound rv m          62 /r
loop near           E2 rel8
jecxz near          E3 rel8
cli                 FA
sti                 FB
cld                 FC
std                 FD
clc                 F8
stc                 F9
cmc                 F5
hlt                 F4
nop                 90
cbw                 o16 98
cwde                o32 98
lahf                9F
sahf                9E
xlat                D7
movsb               A4
movsd               A5
stosb               AA
stosd               AB
lodsb               AC
lodsd               AD
scasb               AE
cmpsb               A6
insb                6C
insd                6D
outsb               6E
outsd               6F
in al i8            E4 ib
in av i8            E5 ib
in al dx            EC
in av dx            ED
out i8 al           E6 ib
out i8 av           E7 ib
out dx al           EE
out dx av           EF
lgdt m              0F 01 /2
lidt m              0F 01 /3
sgdt m              0F 01 /0
sidt m              0F 01 /1
smsw rmv            0F 01 /4
lmsw rm16           0F 01 /6
invlpg m            0F 01 /7
lldt rm16           0F 00 /2
ltr rm16            0F 00 /3
sldt rmv            0F 00 /0
str rmv             0F 00 /1
verr rm16           0F 00 /4
verw rm16           0F 00 /5
lar rv rmv          0F 02 /r
lsl rv rmv          0F 03 /r
arpl rm16 r16       63 /r
lds rv m            C5 /r
les rv m            C4 /r
lss rv m            0F B2 /r
lfs rv m            0F B4 /r
lgs rv m            0F B5 /r
clts                0F 06
invd                0F 08
wbinvd              0F 09
ud2                 0F 0B
rdmsr               0F 32
wrmsr               0F 30
rdtsc               0F 31
rdpmc               0F 33
cpuid               0F A2
sysenter            0F 34
sysexit             0F 35
clac                0F 01 CA
stac                0F 01 CB
xgetbv              0F 01 D0
cmpxchg rmv rv      0F B1 /r
xadd rmv rv         0F C1 /r
cmpxchg8b m         0F C7 /1
bts rmv rv          0F AB /r
setc rm8            0F 92 /0
fninit              DB E3
fnclex              DB E2
fnstcw m            D9 /7
fldcw m             D9 /5
fnstsw m            DD /7
fnstswax            DF E0
fnstenv m           D9 /6
fld1                D9 E8
fldz                D9 EE
fldpi               D9 EB
fdivp               DE F9
fstp0               DD D8
fwait               9B
fld32 m             D9 /0
fstp32 m            D9 /3
fxsave m            0F AE /0
fxrstor m           0F AE /1
ldmxcsr m           0F AE /2
stmxcsr m           0F AE /3
emms                0F 77
movd0 rm32          0F 6E /0
movups0 m           0F 10 /0
movaps0 m           0F 28 /0
storeaps0 m         0F 29 /0
divps00             0F 5E C0
lock                F0
rep                 F3
repne               F2
`

const arithmetic = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'].map((name, digit) => {
  const opcode = (offset: number): string => (digit * 8 + offset).toString(16).padStart(2, '0')
  return `
${name} rm8 r8 ${opcode(0)} /r
${name} rmv rv ${opcode(1)} /r
${name} r8 rm8 ${opcode(2)} /r
${name} rv rmv ${opcode(3)} /r
${name} al i8 ${opcode(4)} ib
${name} rm8 i8 80 /${digit} ib
${name} rmv s8 83 /${digit} ib
${name} rmv iv 81 /${digit} iv`
})

const conditions = ['o', 'no', 'c', 'nc', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g']
const jumps = conditions.map(
  (condition, code) => `
j${condition} short ${(0x70 + code).toString(16)} rel8
j${condition} near 0F ${(0x80 + code).toString(16)} relv`,
)

/** One way to encode a mnemonic. */
export interface Form {
  readonly operands: readonly string[]
  readonly encoding: readonly string[]
}

const isEncoding = (word: string): boolean => /^[0-9A-Fa-f]{2}$|^[o+/]|segment$/.test(word)

function readTable(text: string): Map<string, Form[]> {
  const forms = new Map<string, Form[]>()
  for (const line of text.split('\n').filter((row) => row.trim() !== '')) {
    const [mnemonic, ...words] = line.trim().split(/\s+/) as [string, ...string[]]
    const first = words.findIndex((word) => isEncoding(word))
    const form = { operands: words.slice(0, first), encoding: words.slice(first) }
    forms.set(mnemonic, [...(forms.get(mnemonic) ?? []), form])
  }
  return forms
}

/** The ways to encode each mnemonic, the preferred one first. */
export const forms: ReadonlyMap<string, readonly Form[]> = readTable([table, ...arithmetic, ...jumps].join('\n'))
