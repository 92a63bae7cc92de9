#!/bin/bash
# timeout: 400
# needs: mksquashfs
# company: escape
# Jumping into the stub's code gives guest code nothing but the death of its process.
. tests/security/lib-escape.bash

escape_guest 360 "escape-jump ${JUMP:-}"
expect_text '^escape-jump: [0-9]+ ended, [1-9][0-9]* died of a signal, [0-9]+ had to be killed, 0 escaped$'
