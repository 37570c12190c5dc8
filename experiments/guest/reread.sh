#!/bin/sh
# reread N: reads the whole disk N times; how often it comes from the disk is up to the memory that the guest has
hold
i=0
while [ $i -lt "$1" ]; do
  dd if=/dev/vda of=/dev/null bs=65536 2>/dev/null || exit 1
  i=$((i + 1))
done
