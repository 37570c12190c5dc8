#!/bin/sh
# check EXPECTED COMMAND...: runs a command and ends with status 0 if it prints EXPECTED, and nothing else
expected=$1
shift
printed=$("$@") || exit
[ "$printed" = "$expected" ] && exit 0
echo "printed $printed, not $expected"
exit 1
