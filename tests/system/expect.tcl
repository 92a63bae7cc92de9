# Shared by the scripts of expect in the system tests: source tests/system/expect.tcl
proc want {pattern} {
	expect {
		-re $pattern {}
		timeout { puts "\nno '$pattern'"; exit 1 }
		eof { puts "\nended before '$pattern'"; exit 1 }
	}
}
# Waits for the end of what was spawned, after what; ends with its status.
proc want_end {what} {
	expect {
		eof {}
		timeout { puts "\nno end after $what"; exit 1 }
	}
	exit [lindex [wait] 3]
}
