#!/bin/bash
# timeout: 240
# needs: mksquashfs
# The guest kernel gives nobody the pages of a stub. First, on the host, which gives them: it is noticed.
. tests/security/lib-escape.bash

escape_control escape-map
escape_guest 200 "escape-map"
expect_text '^escape-map: [0-9]+ ended, [0-9]+ died of a signal, [0-9]+ had to be killed, 0 escaped$'
