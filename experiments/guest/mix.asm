# mix N P: maps P pages and passes N times through their words, each of which becomes a mix of it and all before it, and prints the last word
main:
  call map
  mov dword [area], eax
  mov eax, 1
pass:
  mov esi, dword [area]
  mov ecx, edi
  shl ecx, 10
word:
  mov edx, 1664525
  mul edx
  add eax, dword [esi]
  add eax, 1013904223
  mov dword [esi], eax
  add esi, 4
  dec ecx
  jnz short word
  dec ebp
  jnz short pass

# EAX in eight digits of hexadecimal, and a new line
  mov edi, memory
  mov ecx, 8
hexadecimal:
  mov edx, eax
  shr edx, 28
  add edx, 48
  cmp edx, 58
  jc short below_ten
  add edx, 39
below_ten:
  mov byte [edi], dl
  inc edi
  shl eax, 4
  dec ecx
  jnz short hexadecimal
  mov byte [edi], 10
  mov ebx, 1
  mov ecx, memory
  mov edx, 9
  mov eax, 4
  int 0x80
  jmp near exit
area:
  dd 0
