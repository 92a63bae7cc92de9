# The guest kernel and the one file that carries it. Included by Makefile.

## help
# make run       installs what is needed, builds, boots the built-in system to a shell
# make test      installs what is needed, builds, runs all tests
# make           builds everything into build/ (programs in build/bin/)
# make install   installs programs and man pages (PREFIX=/usr/local, DESTDIR=)
# make stock     builds the unmodified kernel of the same source, the peer of the benchmarks
# make bench     measures against native and stock, and prints ratios
# make ranking   how this compares with QEMU, Bochs and Hercules, if they are installed: a table
# make suites    runs outside test suites on the host and in a guest, and compares; an hour or so
#                (SUITES="posix strace" only these; scripts/suites --help)
# make clean     removes build products (the unpacked kernel sources too)
# make format    formats all C files
#
# KSRC=DIR takes another 6.12.y kernel tree (default: Debian's linux-source-6.12).
# SAN=1 with test: host programs (but for the loader) built with sanitizers. V=1 shows commands. J=N jobs.
## end

KSRC ?=
export KSRC J

.PHONY: kernel
kernel: build/bin/linux

.PHONY: kernel-image stock
# scripts/kernel does nothing when nothing changed, and leaves the time of its products alone.
kernel-image: build/kernel/nestling
stock:
	@scripts/kernel stock

# Always asked, and looked at again afterwards: make goes on only if the file has changed.
.PHONY: always
always:
build/kernel/nestling: always
	@scripts/kernel nestling
build/rootfs/tiny.img: scripts/tiny $(shell find rootfs -type f) build/bin/uml_mkroot
	@scripts/tiny

# The builder of root images finds its recipes in rootfs/ (or where make install put them).
host: build/bin/uml_mkroot
build/bin/uml_mkroot: rootfs/uml_mkroot
	@install -D -m 755 $< $@

# The loader looks at the name it is called by.
host: build/bin/uml_run
build/bin/uml_run: build/bin/linux
	@ln -sf linux $@

# Made again only when a part of it changed.
build/bin/linux: build/loader build/kernel/nestling build/rootfs/tiny.img scripts/pack
	@mkdir -p $(@D)
	@echo "  PACK    $@"
	@scripts/pack build/loader $@ kernel=build/kernel/nestling root=build/rootfs/tiny.img \
		config=build/kernel/nestling.config version=build/kernel/nestling.version
