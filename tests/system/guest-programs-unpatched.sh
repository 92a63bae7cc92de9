#!/bin/bash
# timeout: 400
# needs: mksquashfs
# company: guest-programs-unpatched
# The programs of guest-programs.sh give the same answers where no call of theirs is patched, and
# then none is known to fail for a patch in its text.
. tests/system/lib.sh

grep -v '^site-' tests/guest/known-failures >"$T/known"
KNOWN_FAILURES=$T/known GUEST_ARGS="nestling.patch=0 ${GUEST_ARGS:-}" tests/system/guest-programs.sh
