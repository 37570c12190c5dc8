#!/bin/sh
# files make F: a file system on the disk with F files for each of the forty clients; files mount: it is at
# hand; files read: all of them; files use N F S: the clients work on them
mkdir -p /data
case $1 in
make)
  modprobe -a crc32c_generic ext4
  mke2fs -b 4096 /dev/vda >/dev/null && mount -t ext2 /dev/vda /data && cd /data && clients 0 "$2" && cd / && umount /data
  ;;
mount)
  modprobe -a crc32c_generic ext4
  mount -t ext2 -o noatime /dev/vda /data
  ;;
read)
  cat /data/*/* >/dev/null
  ;;
use)
  # What was written is on the disk in the end, so that it counts here and not for who comes next.
  cd /data && clients "$2" "$3" "$4" && sync
  ;;
esac
