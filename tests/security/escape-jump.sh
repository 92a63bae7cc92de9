#!/bin/bash
# timeout: 400
# needs: mksquashfs
# company: escape
# Jumping into the stub's code gives guest code nothing but the death of its process. First, on the
# host: a jump to code that does make such a call is noticed, whichever call it is.
. tests/security/lib-escape.bash

ESC_FILE=$T/escaped timeout 60 build/guest/escape-jump control >"$T/out" 2>&1 </dev/null || fail "an escape goes unnoticed"
expect_text '^ESCAPE: munmap: '
rm -f "$T/escaped"
escape_guest 360 "ESC_FILE=$T/escaped escape-jump ${JUMP:-}"
[ ! -e "$T/escaped" ] || fail "guest code made a file on the host"
expect_text '^escape-jump: [0-9]+ ended, [1-9][0-9]* died of a signal, 0 had to be killed, 0 escaped$'
