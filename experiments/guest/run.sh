#!/bin/sh
# run COMMAND...: marks for the host where a command begins and ends, and says how it ended
mark 1
"$@"
status=$?
mark 2
echo "<<end $status>>"
