#!/bin/sh
# compile N: as make does for N files, starts a shell that starts a few short programs on each; prints a checksum of all that they made
rm -rf /tmp/compile
mkdir -p /tmp/compile
i=0
while [ $i -lt "$1" ]; do
  sh -c "ls -l /bin | sed 's/busybox/object $i/' | sort -k 9 | tr a-z A-Z >/tmp/compile/$i"
  i=$((i + 1))
done
cat /tmp/compile/* | cut -c 60- | md5sum
