#!/bin/bash
# timeout: 400
# needs: linux uml_moo expect mmdebstrap fsck.ext4
# company: images
# Debian with sysvinit on a COW disk: log-in, exim4 and cron, mail delivered, clean shutdown.
set -euo pipefail
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
. tests/system/debian-lib.bash
debian_image debian
# (login asks for the name, without the second that agetty waits, and waits for ever.)
debian_boot 'pidof exim4
pidof cron
[ "$(hostname)" = debian ]
grep -q "^LOGIN_TIMEOUT 0" /etc/login.defs
grep -q "agetty .* --skip-login tty0" /etc/inittab
touch /etc/written && rm /etc/written
ip addr show lo | grep -q 127.0.0.1
echo body | sendmail -odf root@localhost
for i in $(seq 50); do grep -q ^body /var/mail/mail /var/mail/root 2>/dev/null && break; sleep 0.2; done; grep -q ^body /var/mail/*'
