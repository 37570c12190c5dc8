# protect N P: N times, takes write permission from P pages and gives it back, and writes to each: page table entries change all the time
main:
  call map
  push eax
again:
  mov edx, 1
  call permit
  mov edx, 3
  call permit
  mov ebx, esp
  mov esi, dword [ebx]
  call touch
  dec ebp
  jnz short again
  jmp near exit

# Permission EDX for the pages
permit:
  mov ebx, esp
  mov ebx, dword [ebx+4]
  mov ecx, dword [map_arguments+4]
  mov eax, 125
  int 0x80
  ret
