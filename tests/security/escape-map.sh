#!/bin/bash
# timeout: 240
# needs: mksquashfs
# The guest kernel gives nobody the pages of a stub.
. tests/security/lib-escape.bash

escape_guest 200 "escape-map"
expect_text '^escape-map: [0-9]+ ended, [0-9]+ died of a signal, [0-9]+ had to be killed, 0 escaped$'
