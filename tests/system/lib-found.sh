# found: grep -q for the end of a pipeline; sourced by lib.sh and by tests that do without that.
#
# grep -q leaves at the first match; what writes to it then may die by SIGPIPE, and under pipefail
# the pipeline fails although the line is there. This reads to the end.
# shellcheck shell=bash
found() {
	local count
	count=$(grep -c "$@")
}
