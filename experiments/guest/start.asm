# Before each program: its numbers, argv[1] to EBP, argv[2] (or 0) to EDI, argv[3] (or 0) to [third]. Without the first it ends with status 2.
start:
  mov ebx, esp
  mov eax, dword [ebx]
  cmp eax, 2
  jl near misused
  mov esi, dword [ebx+8]
  call number
  mov ebp, eax
  xor edi, edi
  mov ecx, dword [ebx]
  cmp ecx, 3
  jl near main
  mov esi, dword [ebx+12]
  call number
  mov edi, eax
  mov ecx, dword [ebx]
  cmp ecx, 4
  jl near main
  mov esi, dword [ebx+16]
  call number
  mov dword [third], eax
  jmp near main
third:
  dd 0

# EAX = the decimal number at ESI
number:
  xor eax, eax
digit:
  movzx ecx, byte [esi]
  sub ecx, 48
  jc short ended
  mov edx, 10
  mul edx
  add eax, ecx
  inc esi
  jmp short digit
ended:
  ret

misused:
  mov ebx, 2
  jmp short leave
exit:
  xor ebx, ebx
leave:
  mov eax, 1
  int 0x80

# ESI = the first whole page of the program's own zeroed memory
pages:
  mov esi, memory
  add esi, 4095
  and esi, -4096
  ret

# Maps EDI fresh pages and leaves their address in EAX
map:
  mov eax, edi
  shl eax, 12
  mov dword [map_arguments+4], eax
  mov ebx, map_arguments
  mov eax, 90
  int 0x80
  ret
map_arguments:
  dd 0, 0, 3, 0x22, -1, 0

# Writes to each of EDI pages from ESI on
touch:
  mov ecx, edi
  test ecx, ecx
  jz short touched
touch_next:
  inc dword [esi]
  add esi, 4096
  dec ecx
  jnz short touch_next
touched:
  ret
