#!/bin/bash
# timeout: 200
# needs: mksquashfs
# company: guest-programs-frames
# The programs of guest-programs.sh give the same answers where every return to a program is by a signal
# frame (nestling.frames=1), which switches off what is usual: to go on behind a patched call.
#
# Left out is what takes longest and mostly waits, or makes kicks or processes, which hardly differ by the
# way back; and what is the same with other libraries.
. tests/system/lib.sh

slow='kick|map-race|process|sig-restart|site-kick|site-text|timers'
programs=$(grep -lE '^#include "(check|site).h"' tests/guest/*.c | xargs -n 1 basename -s .c | grep -vxE "$slow" | tr '\n' ' ')
NL_PROGRAMS=${NL_PROGRAMS:-$programs} GUEST_ARGS="nestling.frames=1 ${GUEST_ARGS:-}" tests/system/guest-programs.sh
