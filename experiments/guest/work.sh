#!/bin/sh
# work N: N rounds of what a build server does: reads a disk, starts many short programs, writes files and packs them; prints checksums
hold
i=0
while [ $i -lt "$1" ]; do
  md5sum /dev/vda
  compile 3
  tar -cf - /tmp/compile | gzip -1 >/tmp/work.tar.gz
  i=$((i + 1))
done
