#!/bin/bash
# timeout: 240
# needs: mksquashfs
# Guest code that does not let its stub go costs its own process only, and holds up nobody for long. First:
# those that nobody ends are noticed, on the host, and so is a guest in which others are held up.
. tests/security/lib-escape.bash

escape_control escape-hold
# shellcheck disable=SC2016 # of the guest's shell
if (escape_guest 60 'kill -STOP $guard && sleep 7 && kill -CONT $guard') >"$T/held" 2>&1; then
	fail "a guard that is held up goes unnoticed"
fi
found 'FAILED: the guard was kept from running' <"$T/held" || fail "not as it should: $(tail -n 3 "$T/held")"
escape_guest ${LIM:-120} "escape-hold ${HOLD:-}"
expect_text '^escape-hold: [0-9]+ ended, [1-9][0-9]* died of a signal, 0 had to be killed, 0 escaped$'
