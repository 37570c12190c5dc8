# forkwait N: N processes that end at once, one after the other
main:
  mov eax, 2
  int 0x80
  test eax, eax
  jz near exit
  mov ebx, -1
  xor ecx, ecx
  xor edx, edx
  mov eax, 7
  int 0x80
  dec ebp
  jnz short main
  jmp near exit
