# toucher N P: maps P pages and writes to each N times, round after round: a working set of P pages
main:
  call map
  push eax
again:
  mov ebx, esp
  mov esi, dword [ebx]
  call touch
  dec ebp
  jnz short again
  jmp near exit
