# random-read N P: reads 64 KiB N times, each time one of the first P such blocks of the disk, drawn at random
main:
  mov dword [blocks], edi
  mov ebx, disk
  xor ecx, ecx
  xor edx, edx
  mov eax, 5
  int 0x80
  test eax, eax
  js near misused
  mov dword [file], eax
  rdtsc
  mov dword [state], eax
again:
  mov eax, dword [state]
  mov edx, 1664525
  mul edx
  add eax, 1013904223
  mov dword [state], eax
  mul dword [blocks]
  mov esi, edx
  shl esi, 16
  xor edi, edi
  mov ebx, dword [file]
  mov ecx, memory
  mov edx, 65536
  mov eax, 180
  int 0x80
  cmp eax, 65536
  jnz near misused
  dec ebp
  jnz short again
  jmp near exit
blocks:
  dd 0
file:
  dd 0
state:
  dd 0
# "/dev/vda"
disk:
  dd 0x7665642f, 0x6164762f, 0
