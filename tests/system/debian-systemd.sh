#!/bin/bash
# timeout: 400
# needs: linux uml_moo expect mmdebstrap fsck.ext4
# company: images
# Debian with systemd on a COW disk: log-in, no failed units, exim4 and cron, clean shutdown.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image debian-systemd
debian_boot 'systemctl is-system-running --wait | tee /dev/stderr | grep -qx running || { systemctl --failed; false; }
pidof exim4
pidof cron
[ "$(hostname)" = debian ]'
