# clients N F S: forty processes, each with F files of 32 pages in a directory of its own below the working directory. With N = 0 they make them.
# Else each does N things, drawn with the seed S: of 256, 224 read a page of a file, 31 overwrite one, 1 deletes a file and makes it anew.
# Status 1 if anything fails, or is read that was not written there.
main:
  mov dword [files], edi
  call pages
  mov dword [buffer], esi
  xor esi, esi
next_client:
  mov eax, 2
  int 0x80
  test eax, eax
  jz near client
  inc esi
  cmp esi, 40
  jnz short next_client
wait_next:
  mov ebx, -1
  mov ecx, status
  xor edx, edx
  mov eax, 7
  int 0x80
  test eax, eax
  js short all_ended
  mov eax, dword [status]
  or dword [failures], eax
  jmp short wait_next
all_ended:
  mov eax, dword [failures]
  test eax, eax
  jz near exit
failed:
  mov ebx, 1
  jmp near leave

# Client ESI, with N in EBP
client:
  mov eax, dword [third]
  mov ecx, 40
  mul ecx
  add eax, esi
  mov dword [state], eax
  mov dword [me], esi
  mov eax, esi
  mov edi, path+2
  call decimal
  mov edi, path+1
  call decimal
  test ebp, ebp
  jnz near work
  xor byte [path+3], 0x2f
  mov ebx, path
  mov ecx, 0x1ed
  mov eax, 39
  int 0x80
  test eax, eax
  jnz short failed
  xor byte [path+3], 0x2f
make_next:
  call name
  call make_file
  inc dword [file]
  mov eax, dword [file]
  cmp eax, dword [files]
  jnz short make_next
  jmp near exit

work:
  call random
  xor edx, edx
  div dword [files]
  mov dword [file], edx
  call name
  call random
  and eax, 31
  mov dword [page], eax
  call random
  and eax, 255
  cmp eax, 224
  jc short reads
  cmp eax, 255
  jc short overwrites
  mov ebx, path
  mov eax, 10
  int 0x80
  test eax, eax
  jnz near failed
  call make_file
  jmp short done
overwrites:
  mov ecx, 1
  call open
  call write_page
  jmp short opened
reads:
  xor ecx, ecx
  call open
  mov eax, 180
  call at_page
  call stamp
  mov ecx, dword [buffer]
  cmp eax, dword [ecx]
  jnz near failed
opened:
  call close
done:
  dec ebp
  jnz near work
  jmp near exit

# EAX = 16 random bits
random:
  mov eax, dword [state]
  mov ecx, 1664525
  mul ecx
  add eax, 1013904223
  mov dword [state], eax
  shr eax, 16
  ret

# Puts the last decimal digit of EAX to [EDI] and leaves the digits before in EAX
decimal:
  xor edx, edx
  mov ecx, 10
  div ecx
  add edx, 48
  mov byte [edi], dl
  ret

# Puts the file's number into the path
name:
  mov eax, dword [file]
  mov edi, path+7
  call decimal
  mov edi, path+6
  call decimal
  mov edi, path+5
  jmp near decimal

# EAX = what the page begins with
stamp:
  mov eax, dword [me]
  mov ecx, 1000
  mul ecx
  add eax, dword [file]
  shl eax, 5
  add eax, dword [page]
  inc eax
  ret

make_file:
  mov ecx, 0x41
  call open
  mov dword [page], 0
write_next:
  call write_page
  inc dword [page]
  cmp dword [page], 32
  jnz short write_next
close:
  mov ebx, dword [descriptor]
  mov eax, 6
  int 0x80
  ret

# Opens the file with flags ECX
open:
  mov ebx, path
  mov edx, 0x1a4
  mov eax, 5
  int 0x80
  test eax, eax
  js near failed
  mov dword [descriptor], eax
  ret

write_page:
  call stamp
  mov ecx, dword [buffer]
  mov dword [ecx], eax
  mov eax, 181
# Makes system call EAX with the buffer, and with the page's place in the file
at_page:
  mov ebx, dword [descriptor]
  mov ecx, dword [buffer]
  mov edx, 4096
  mov esi, dword [page]
  shl esi, 12
  xor edi, edi
  int 0x80
  cmp eax, 4096
  jnz near failed
  ret

files:
  dd 0
buffer:
  dd 0
status:
  dd 0
failures:
  dd 0
state:
  dd 0
me:
  dd 0
file:
  dd 0
page:
  dd 0
descriptor:
  dd 0
# c00/f000
path:
  db 0x63, 0x30, 0x30, 0x2f, 0x66, 0x30, 0x30, 0x30, 0
