#!/bin/sh
# digest N: prints a checksum of N MiB of zeros: work for the processor alone
dd if=/dev/zero bs=65536 count=$(($1 * 16)) 2>/dev/null | sha256sum
