/** Mounted by one `mount -a`: one process for all of them. */
export const FSTAB: string = `proc /proc proc nosuid,nodev,noexec 0 0
sysfs /sys sysfs nosuid,nodev,noexec 0 0
devtmpfs /dev devtmpfs nosuid,mode=0755 0 0
tmpfs /tmp tmpfs nosuid,nodev,mode=1777 0 0
`

/**
 * Process 1. Shell built-ins are preferred to commands throughout: each command is a fork and an exec, and
 * those are what a young guest spends its time on.
 */
export const INIT_SCRIPT: string = `#!/bin/sh
export PATH=/bin HOME=/root TERM=linux ENV=/etc/shrc
mount -a

# Drivers are loaded for devices that exist, and for nothing else. 0x1af4 is virtio's PCI vendor.
virtio=
for device in /sys/bus/pci/devices/*; do
  [ -r "$device/vendor" ] && read -r vendor <"$device/vendor" && [ "$vendor" = 0x1af4 ] && virtio=yes
done
if [ "$virtio" ]; then
  modprobe -q virtio_pci
  set --
  for device in /sys/bus/virtio/devices/*; do
    [ -r "$device/modalias" ] && read -r alias <"$device/modalias" && set -- "$@" "$alias"
  done
  [ $# -gt 0 ] && modprobe -qa "$@"
fi
cd /root
# A virtio console is a terminal like the serial port; its shell ends alone.
[ -c /dev/hvc0 ] && setsid -c sh <>/dev/hvc0 >&0 2>&1 &

read -r release </proc/sys/kernel/osrelease
read -r uptime idle </proc/uptime
echo "Linux $release is up after $uptime s; exit or poweroff ends the machine"
setsid cttyhack sh
poweroff -f
`

/**
 * Read by every interactive shell. Busybox's own poweroff asks its own init to end the machine; process 1 here is
 * a script, so the three commands act at once.
 */
export const SHELL_RC: string = `PS1='mica:\\w# '
poweroff() { command poweroff -f; }
reboot() { command reboot -f; }
halt() { command halt -f; }
`
