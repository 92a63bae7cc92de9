#!/bin/bash
# timeout: 240
# needs: mksquashfs
# Signal frames of guest code's own making give it nothing. First, on the host: what 32-bit
# code behind such a frame does there is noticed.
. tests/security/lib-escape.bash

escape_control escape-frame
escape_guest 200 "escape-frame"
expect_text '^escape-frame: [0-9]+ ended, [1-9][0-9]* died of a signal, [0-9]+ had to be killed, 0 escaped$'
