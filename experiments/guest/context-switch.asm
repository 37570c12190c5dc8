# context-switch N P: two processes hand a byte to each other N times over two pipes, and write to P pages of their own each time
main:
  mov ebx, there
  mov eax, 42
  int 0x80
  mov ebx, back
  mov eax, 42
  int 0x80
  mov eax, 2
  int 0x80
  test eax, eax
  jz short second
first:
  mov ebx, dword [there+4]
  call send
  mov ebx, dword [back]
  call receive
  dec ebp
  jnz short first
  mov ebx, -1
  xor ecx, ecx
  xor edx, edx
  mov eax, 7
  int 0x80
  jmp near exit
second:
  mov ebx, dword [there]
  call receive
  mov ebx, dword [back+4]
  call send
  dec ebp
  jnz short second
  jmp near exit

send:
  mov eax, 4
  jmp short transfer
receive:
  mov eax, 3
transfer:
  mov ecx, letter
  mov edx, 1
  int 0x80
  call pages
  jmp near touch

there:
  dd 0, 0
back:
  dd 0, 0
letter:
  dd 0
