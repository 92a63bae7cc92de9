#!/bin/bash
# timeout: 240
# needs: mksquashfs
# Guest code that forges what its stub says loses its own process at most. First, on the
# host: what becomes of it with a guest kernel that believes what the stub says is noticed.
. tests/security/lib-escape.bash

escape_control escape-data
escape_guest 200 "escape-data"
expect_text '^escape-data: [0-9]+ ended, [1-9][0-9]* died of a signal, [0-9]+ had to be killed, 0 escaped$'
# Some of them end their process, or nobody has looked at what was written.
expect_text '^# all of 12288 bytes, in ([3-9]|[1-9][0-9]+) processes$'
