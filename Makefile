# Nestling: see README. Products go to build/, programs to build/bin/.
#
#   hostlib/lib/*.c          -> build/libhost.a, shared by all host programs
#   hostlib/switch, hostlib/rig -> build/libswitch.a, build/librig.a
#   hostlib/rigrun/*.c       -> build/librigrun.a, what runs rigs
#   hostlib/<program>/*.c    -> build/bin/<program>
#   hostlib/packed/*.c       -> build/packed, which uml_rig puts at the front of packed rigs
#   rootfs/servers/*.c       -> build/servers/*, for guests of mail rigs
#   tests/unit/test_*.c      -> build/unit/test_* (CUnit)
#   tests/fuzz/fuzz_*.c      -> build/fuzz/fuzz_* (libFuzzer)
#   tests/guest/*.c          -> build/guest/* (static programs that run inside guests)

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
J ?= $(shell nproc)
B := build
SAN ?=
V ?=

CC := gcc
CLANG := clang
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow=local -Wformat=2 \
	-Wno-format-nonliteral -Wno-unused-parameter
CPPFLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Ihostlib/lib -Ihostlib/switch -Ihostlib/rig -Ihostlib/rigrun -Idrivers/control -Irootfs/tiny -Irootfs/servers
CFLAGS := -std=gnu11 -O2 -g $(WARN) -fno-common -fstack-protector-strong
LDFLAGS := -static
ifneq ($(SAN),)
# Sanitizers need the dynamic libc; products go to a tree of their own.
B := build/san
CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS := -fsanitize=address,undefined
endif
Q := $(if $(V),,@)

PREFIX ?= /usr/local
DESTDIR ?=

LIB_SRC := $(wildcard hostlib/lib/*.c)
# The switch, without its programs: what links it is not static (libslirp has no archive).
SWITCH_SRC := $(wildcard hostlib/switch/*.c)
# The language of rigs, without the program.
RIG_SRC := $(wildcard hostlib/rig/*.c)
# What runs rigs, and keeps and judges what comes out; it links librig.
RIGRUN_SRC := $(wildcard hostlib/rigrun/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/obj/%.o)
PROGRAMS := $(filter-out lib switch rig rigrun packed,$(patsubst hostlib/%/,%,$(wildcard hostlib/*/)))
BINS := $(PROGRAMS:%=$(B)/bin/%)
ifneq ($(SAN),)
# The loader's filters do not know the calls of a sanitizer, so guests are those of the plain build.
LINKED := $(addprefix $(B)/bin/,linux uml_run uml_mkroot)
BINS := $(filter-out $(LINKED),$(BINS))
endif
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
GUEST := $(patsubst tests/guest/%.c,build/guest/%,$(wildcard tests/guest/*.c))
# Some of them once more with another libc, and dynamically linked.
GUEST += $(patsubst %,build/guest/%-dyn,clock futex process sig-basic tls)
ifneq ($(shell command -v musl-gcc),)
GUEST += $(patsubst %,build/guest/%-musl,clock futex map-race process sig-basic timers)
endif

# libcrypto: SHA-256 of backing files and packed rigs; lzma: members of these.
LIBS_libhost := -lcrypto -llzma
# A packed rig carries what uml_rig links: of these, as much as it needs.
LIBS_libhost_uml_rig := -l:libcrypto.a -l:liblzma.a
# These are linked dynamically: libslirp has no archive.
DYNAMIC := uml_switch uml_tap uml_rig
LIBS_switch := -lpcap -lslirp -lm
LIBS_uml_switch := $(LIBS_switch)
# The switch is in it.
LIBS_uml_rig := $(LIBS_switch)
LIBS_uml_tap := -lnl-route-3 -lnl-3
LIBS_uml_mconsole := $(shell pkg-config --static --libs libedit 2>/dev/null)

# Set-up comes first and in a make of its own: what it installs (pkg-config files)
# decides how the rest is built.
SETUP_THEN = @scripts/setup $(1) && $(MAKE) --no-print-directory -j$(J)

.PHONY: all
all:
	$(call SETUP_THEN,build) kernel host

include scripts/kernel.mk

.PHONY: host
ifeq ($(SAN),)
host: $(BINS) $(B)/servers/smtpd $(B)/servers/dnsd $(B)/servers/submit
	@:
else
host: $(BINS) $(LINKED)
	@:
$(LINKED): $(B)/bin/%: build/bin/%
	@mkdir -p $(@D)
	@ln -sf ../../bin/$* $@
endif

# --- host programs -----------------------------------------------------------

# Made of the notes beside the code that needs each host call.
FILTERS := $(B)/obj/filters/filters.h
FILTER_NOTES := $(shell grep -rlE '@host [a-z]+ ' arch-um drivers hostlib)
$(FILTERS): scripts/filters scripts/filter.c drivers/control/abi.h $(FILTER_NOTES)
	@echo "  FILTERS $@"
	$(Q)scripts/filters $@
$(B)/obj/hostlib/linux/confine_filter.o: $(FILTERS)
$(B)/obj/hostlib/linux/confine_filter.o: CPPFLAGS += -I$(dir $(FILTERS))

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/libhost.a: $(LIB_OBJ)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(B)/libswitch.a: $(SWITCH_SRC:%.c=$(B)/obj/%.o)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(B)/librig.a: $(RIG_SRC:%.c=$(B)/obj/%.o)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(B)/librigrun.a: $(RIGRUN_SRC:%.c=$(B)/obj/%.o)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

.SECONDEXPANSION:
PROG_OBJ = $(patsubst %.c,$(B)/obj/%.o,$(wildcard hostlib/$(1)/*.c))

$(filter-out $(B)/bin/linux,$(BINS)): $(B)/bin/%: $$(call PROG_OBJ,$$*) $(B)/libhost.a
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(if $(filter $*,$(DYNAMIC)),$(filter-out -static,$(LDFLAGS)),$(LDFLAGS)) $(filter %.o,$^) \
		$(filter %/librigrun.a,$^) $(filter %/librig.a,$^) $(filter %/libswitch.a,$^) $(B)/libhost.a $(LIBS_$*) $(or $(LIBS_libhost_$*),$(LIBS_libhost)) -o $@
$(B)/bin/uml_switch: $(B)/libswitch.a
$(B)/bin/uml_rig: $(B)/librigrun.a $(B)/librig.a $(B)/libswitch.a
$(B)/obj/hostlib/uml_tap/%.o: CPPFLAGS += $(shell pkg-config --cflags libnl-3.0)

# The front of packed rigs is a part of uml_rig.
$(B)/packed: $$(call PROG_OBJ,packed) $(B)/libhost.a
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -s $(filter %.o,$^) $(B)/libhost.a $(LIBS_libhost) -o $@
$(B)/obj/hostlib/uml_rig/pack_programs.o: $(B)/packed
$(B)/obj/hostlib/uml_rig/pack_programs.o: CPPFLAGS += -DFRONT_FILE='"$(B)/packed"'

# <link.h> is libc's there, not the switch's.
$(B)/obj/hostlib/uml_rig/libraries.o: CPPFLAGS := $(filter-out -Ihostlib/switch,$(CPPFLAGS))

# What runs inside guests of mail rigs: small, static programs (rootfs/servers).
SERVERS := $(addprefix $(B)/servers/,smtpd dnsd submit)
$(SERVERS): $(B)/servers/%: $$(patsubst %.c,$(B)/obj/%.o,$$(wildcard rootfs/servers/$$*.c rootfs/servers/$$*_*.c)) $(B)/obj/rootfs/servers/common.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -s $^ -o $@

# The loader without the guest kernel and the built-in system inside; scripts/pack
# appends these and makes build/bin/linux (kernel.mk).
$(B)/loader: $$(call PROG_OBJ,linux) $(B)/libhost.a
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(B)/libhost.a $(LIBS_linux) $(LIBS_libhost) -o $@

$(B)/unit/%: tests/unit/%.c $$(wildcard tests/unit/*.h) $$(call UNIT_EXTRA,$$*) $$(if $$(findstring rigrun,$$*),$(B)/librigrun.a) $$(if $$(findstring rig,$$*),$(B)/librig.a) $$(if $$(findstring switch,$$*)$$(findstring rig,$$*),$(B)/libswitch.a) $(B)/libhost.a
	@mkdir -p $(@D)
	@echo "  UNIT    $@"
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit -Ihostlib/linux -Iarch-um/nestling/engine $(CFLAGS) $(filter-out -static,$(LDFLAGS)) -MMD -MP \
		$< $(filter %.o,$^) $(filter %/librigrun.a,$^) $(filter %/librig.a,$^) $(filter %/libswitch.a,$^) $(B)/libhost.a \
		$(if $(findstring switch,$*)$(findstring rigrun,$*),$(LIBS_switch)) $(if $(findstring rig,$*),-lm) $(LIBS_libhost) \
		-lcunit -lpthread -o $@

# What a unit test links beside libhost.a: modules of the loader, UNIT_OBJ_<test> = options.o ...,
# and of the engine, UNIT_ENGINE_<test> = ...
UNIT_EXTRA = $(patsubst %,$(B)/obj/hostlib/linux/%,$(UNIT_OBJ_$(1))) \
	$(patsubst %,$(B)/obj/arch-um/nestling/engine/%,$(UNIT_ENGINE_$(1)))
.PRECIOUS: $(B)/obj/%.o
-include tests/unit/objects.mk

build/fuzz/%: tests/fuzz/%.c $(wildcard tests/fuzz/*.h) tests/unit/send_fd.h $(LIB_SRC) $$(FUZZ_SRC_$$*)
	@mkdir -p $(@D)
	@echo "  FUZZ    $@"
	$(Q)$(CLANG) -Ihostlib/linux $(CPPFLAGS) -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $< $(LIB_SRC) $(FUZZ_SRC_$*) $(FUZZ_LIBS_$*) $(LIBS_libhost) -o $@
-include tests/fuzz/sources.mk

GUEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -fno-strict-aliasing -D_GNU_SOURCE
GUEST_HEADERS := $(wildcard tests/guest/*.h) arch-um/nestling/engine/stub_abi.h

build/guest/%: tests/guest/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	@echo "  GUEST   $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -static $< -o $@ -lpthread

# Those that attack a stub have one of their own, for their controls.
build/security/stub_code.o: arch-um/nestling/engine/stub_code.S arch-um/nestling/engine/stub_abi.h tests/guest/stub/linux/linkage.h
	@mkdir -p $(@D)
	$(Q)$(CC) -c -D__ASSEMBLY__ -Itests/guest/stub $< -o $@

build/guest/escape-%: tests/guest/escape-%.c build/security/stub_code.o $(GUEST_HEADERS)
	@mkdir -p $(@D)
	@echo "  GUEST   $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -static $< build/security/stub_code.o -o $@ -lpthread

build/guest/%-dyn: tests/guest/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	@echo "  GUEST   $@"
	$(Q)$(CC) $(GUEST_CFLAGS) $< -o $@ -lpthread

# The kernel's headers are not musl's, but those of the machine.
build/guest/%-musl: tests/guest/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	@echo "  GUEST   $@"
	$(Q)musl-gcc $(GUEST_CFLAGS) -idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -print-multiarch) \
		-static $< -o $@

# What attacks a guest from the host's side.
ATTACK := $(patsubst tests/security/%.c,build/security/%,$(wildcard tests/security/*.c))
build/security/%: tests/security/%.c $(wildcard tests/security/*.h)
	@mkdir -p $(@D)
	@echo "  ATTACK  $@"
	$(Q)$(CC) $(GUEST_CFLAGS) $< -o $@

# What system tests run on the host: programs of the tests' own.
TOOLS := $(patsubst tests/tools/%.c,build/tools/%,$(wildcard tests/tools/*.c))
build/tools/%: tests/tools/%.c build/librigrun.a build/libswitch.a build/libhost.a
	@mkdir -p $(@D)
	@echo "  TOOL    $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $^ $(LIBS_switch) $(LIBS_libhost) -o $@

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)

# --- what people type --------------------------------------------------------

.PHONY: run
run: all
	@exec build/bin/linux

.PHONY: test
test:
ifneq ($(SAN),)
	$(call SETUP_THEN,test) SAN= kernel host guests fuzzers
	@$(MAKE) --no-print-directory -j$(J) SAN=$(SAN) host units
else
	$(call SETUP_THEN,test) kernel host units fuzzers guests
endif
	@SAN=$(SAN) scripts/run-tests

.PHONY: units fuzzers guests
units: $(UNIT)
fuzzers: $(FUZZ)
guests: $(GUEST) $(ATTACK) $(TOOLS)

.PHONY: bench
bench:
	$(call SETUP_THEN,test) kernel stock host guests
	@scripts/bench

.PHONY: ranking
ranking:
	$(call SETUP_THEN,build) kernel host
	@scripts/ranking

.PHONY: suites
suites:
	$(call SETUP_THEN,test) kernel host
	@scripts/suites $(SUITES)

.PHONY: clean
clean:
	@scripts/clean

.PHONY: install
install: all
	@scripts/install "$(DESTDIR)" "$(PREFIX)"

.PHONY: format
format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

.PHONY: help
help:
	@sed -n '/^## help/,/^## end/p' scripts/kernel.mk | sed '1d;$$d;s/^# \{0,1\}//'
