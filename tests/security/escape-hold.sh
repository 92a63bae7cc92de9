#!/bin/bash
# timeout: 150
# needs: mksquashfs
# Guest code that does not let its stub go costs its own process only, and holds up nobody for long.
. tests/security/lib-escape.bash

escape_guest ${LIM:-120} "escape-hold ${HOLD:-}"
expect_text '^escape-hold: [0-9]+ ended, [1-9][0-9]* died of a signal, 0 had to be killed, 0 escaped$'
