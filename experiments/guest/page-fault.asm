# page-fault N P: N times, maps P pages, writes to each for the first time, and unmaps them
main:
  call map
  mov esi, eax
  push eax
  call touch
  pop ebx
  mov ecx, dword [map_arguments+4]
  mov eax, 91
  int 0x80
  dec ebp
  jnz short main
  jmp near exit
