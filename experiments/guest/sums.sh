#!/bin/sh
# sums N: reads the whole disk N times, and prints its checksum: more than one line if it was not the same each time
hold
i=0
while [ $i -lt "$1" ]; do
  md5sum </dev/vda || exit 1
  i=$((i + 1))
done | sort -u
