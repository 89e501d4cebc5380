# darkfactory: GNU make >= 4, no configure.
#
#   make                        build into build/ (usable in place: build/bin)
#   make check                  the tests: prove over t/
#   make check O=build-asan SAN=1
#   make lint | fuzz | bench | dist
#   make install DESTDIR= PREFIX=/usr/local;  make uninstall
#
# CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX and DESTDIR are the user's.  A tool is
# bin/df-NAME.c, a name in TOOLS, man/df-NAME.1 and a test that names it;
# `make lint` fails when one is missing.

VERSION = 0.1.0

O ?= build
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
J ?= $(shell nproc)

# ---- what there is -------------------------------------------------------

LAYERS = base evidence run spec work

# All that lies in the layer's directory.
sources = $(patsubst $(1)%.c,%,$(sort $(wildcard $(1)*.c)))
$(foreach l,$(LAYERS),$(eval $(l)_SRC = $(call sources,lib/$(l)/)))

TOOLS = df-boot df-decide df-dispatch df-freeze df-handoff df-holdout \
	df-log df-prompt df-report df-sign df-status df-store df-validate \
	df-verify
LIBEXEC = df-archive df-inside
# Tools of more than one file: df-boot is boot.c too, and all boot-*.c.
parts = $(patsubst bin/%.c,%,$(sort $(wildcard bin/$(1).c bin/$(1)-*.c)))
$(foreach t,$(TOOLS),$(eval $(t)_SRC = $(call parts,$(t:df-%=%))))
df-boot_SRC += refuse
df-decide_SRC += name
df-freeze_SRC += name
df-handoff_SRC += texts
df-holdout_SRC += refuse
df-inside_SRC = inside-confine inside-left inside-look
df-prompt_SRC += texts
df-report_SRC += reporting
df-store_SRC += name
df-validate_SRC += revalidate
df-verify_SRC += holdout-judge holdout-scan holdout-unseal reporting revalidate

UNIT = $(patsubst t/unit/%.c,%,$(sort $(wildcard t/unit/*.c)))
FUZZ = $(filter-out main,$(patsubst t/fuzz/%.c,%,$(sort $(wildcard t/fuzz/*.c))))
SCHEMAS = $(sort $(wildcard schemas/*.json))

# ---- flags ---------------------------------------------------------------

WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wvla -Wformat=2 -Wwrite-strings -Wpointer-arith -Wconversion \
	-Wno-sign-conversion
ifdef DEVELOPER
WARN += -Werror
endif
DF_CPPFLAGS = -Ilib -DDF_VERSION='"$(VERSION)"'
DF_CFLAGS = -std=c11 $(WARN) -fno-common -fPIE -pthread \
	-ffile-prefix-map=$(CURDIR)=.
DF_LDFLAGS = -pie -pthread -Wl,--as-needed -Wl,-z,relro,-z,now
ifdef SAN
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
ifdef LIBFUZZER
SANFLAGS += -fsanitize=fuzzer-no-link
endif
DF_CFLAGS += $(SANFLAGS)
DF_LDFLAGS += $(SANFLAGS)
else
DF_CPPFLAGS += -D_FORTIFY_SOURCE=2
DF_CFLAGS += -fstack-protector-strong
endif

LIBS = -ljq -lsodium -lnettle -lyaml
# --as-needed drops what a program does not use; these need more:
LIBS_df-archive = -larchive

# ---- build ---------------------------------------------------------------

BIN = $(TOOLS:%=$(O)/bin/%) $(LIBEXEC:%=$(O)/libexec/darkfactory/%)
# An archive may refer only to those behind it: this is the link order.
ARCHIVES = $(foreach l,work spec run evidence base,$(O)/lib/libdf-$(l).a)

all: $(BIN) $(O)/share/darkfactory

define layer
$(O)/lib/libdf-$(1).a: $$($(1)_SRC:%=$(O)/obj/$(1)/%.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcD $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer,$(l))))

$(O)/lib/libdf-base.a: $(O)/obj/gen/schemas.o

$(O)/obj/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) $(CPPFLAGS) $(DF_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/bin/%.o: bin/%.c
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) $(CPPFLAGS) $(DF_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/t/%.o: t/%.c
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) -It/unit $(CPPFLAGS) $(DF_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The schemas are compiled in, so that no environment can widen one.
$(O)/gen/schemas.c: $(SCHEMAS) lib/base/embed.sh
	@mkdir -p $(@D)
	sh lib/base/embed.sh $(SCHEMAS) > $@.tmp
	@mv $@.tmp $@

$(O)/obj/gen/schemas.o: $(O)/gen/schemas.c
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) $(CPPFLAGS) $(DF_CFLAGS) $(CFLAGS) -c -o $@ $<

$(foreach t,$(TOOLS),$(if $($(t)_SRC),$(eval \
    $(O)/bin/$(t): $($(t)_SRC:%=$(O)/obj/bin/%.o))))

$(O)/bin/%: $(O)/obj/bin/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(ARCHIVES) $(LIBS) $(LIBS_$*)

# The first process in a sandbox runs in any root: static, never instrumented.
INSIDE = bin/df-inside.c $(df-inside_SRC:%=bin/%.c) $(patsubst %,lib/base/%.c,buf err mem text)
$(O)/libexec/darkfactory/df-inside: $(INSIDE) bin/inside.h lib/base/df.h
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) -D_FORTIFY_SOURCE=2 $(CPPFLAGS) -std=c11 $(WARN) \
	    -fno-common -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(LDFLAGS) \
	    -static -s -o $@ $(INSIDE)

$(O)/libexec/darkfactory/%: $(O)/obj/bin/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS) $(LIBS_$*)

$(O)/t/unit/%: $(O)/obj/t/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS)

$(O)/t/bench/bench: $(O)/obj/t/bench/bench.o
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $<

$(O)/t/bench/scan $(O)/t/bench/sealing: $(O)/t/bench/%: \
	$(O)/obj/t/bench/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS)

# Preloaded into what is tested, before the sanitizers' own: without them.
$(O)/t/fault/%.so: t/fault/%.c t/fault/preload.h lib/base/df.h
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) $(CPPFLAGS) -std=c11 $(WARN) -fPIC -shared \
	    -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(LDFLAGS) -o $@ $<

# df-verify in programs that fork it for each state of a run that they make.
$(O)/obj/t/fault/df-verify.o: bin/df-verify.c
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) -Dmain=df_verify_main $(CPPFLAGS) $(DF_CFLAGS) \
	    -Wno-missing-prototypes $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/t/fault/tamper $(O)/t/fault/powerloss: $(O)/t/fault/%: \
	$(O)/obj/t/fault/%.o $(O)/obj/t/fault/df-verify.o \
	$(df-verify_SRC:%=$(O)/obj/bin/%.o) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# A security key in software, which ssh-sk-helper loads.
$(O)/t/sk/skprovider.so: t/sk/skprovider.c lib/base/df.h
	@mkdir -p $(@D)
	$(CC) $(DF_CPPFLAGS) $(CPPFLAGS) -std=c11 $(WARN) -fPIC -shared \
	    -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(LDFLAGS) -o $@ $< -lsodium

# libFuzzer brings its own main().
FUZZ_MAIN = $(if $(LIBFUZZER),,$(O)/obj/t/fuzz/main.o)

$(O)/t/fuzz/%: $(O)/obj/t/fuzz/%.o $(FUZZ_MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(if $(LIBFUZZER),-fsanitize=fuzzer) $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(ARCHIVES) $(LIBS)

# In place the tools find share/ where an installation has it.
$(O)/share/darkfactory:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/share $@

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# ---- test ----------------------------------------------------------------

FAULT = $(addprefix $(O)/t/fault/,fault.so record.so powerloss tamper)

unit: $(UNIT:%=$(O)/t/unit/%) fuzzers $(FAULT) $(O)/t/sk/skprovider.so
fuzzers: $(FUZZ:%=$(O)/t/fuzz/%)

check: all unit
	DF_BUILD=$(abspath $(O)) prove -j$(J) $(if $(V),-v) $(or $(T),t/ $(UNIT:%=$(O)/t/unit/%))

# Each harness for so many seconds, with libFuzzer where there is clang.
FUZZ_TIME ?= 20
FUZZ_CLANG = $(if $(shell command -v clang),CC=clang LIBFUZZER=1)

fuzz:
	$(MAKE) O=$(O)/fuzz SAN=1 CFLAGS='-O1 -g' $(FUZZ_CLANG) fuzzers
	printf '%s\n' $(FUZZ) | O=$(O)/fuzz FUZZ_TIME=$(FUZZ_TIME) \
	    $(filter LIBFUZZER=1,$(FUZZ_CLANG)) xargs -n 1 -P $(J) sh t/fuzz/run.sh

# Every check says all that it finds; one that finds something fails.
LINT = $(sort $(wildcard t/lint/*.sh))

lint:
	@status=0; for l in $(LINT); do \
	    O=$(O) MAKE='$(MAKE)' sh $$l || status=1; done; exit $$status

bench: all $(addprefix $(O)/t/bench/,bench scan sealing)
	DF_BUILD=$(abspath $(O)) sh t/bench/run.sh $(B)

# ---- install -------------------------------------------------------------

bindir = $(DESTDIR)$(PREFIX)/bin
libexecdir = $(DESTDIR)$(PREFIX)/libexec/darkfactory
sharedir = $(DESTDIR)$(PREFIX)/share/darkfactory
docdir = $(DESTDIR)$(PREFIX)/share/doc/darkfactory
mandir = $(DESTDIR)$(PREFIX)/share/man
compdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions

SHARED = $(shell find $(addprefix share/,agents compat contracts import \
	pipelines policy profiles templates) -type f | sort)
EXAMPLES = $(shell find examples -type f | sort)
MANUALS = $(sort $(wildcard man/*.[157]))

mode = $(if $(shell test -x $(1) && echo x),755,644)
# In Debian's place for a file's pages: man/man1/df-boot.1.
manual = $(mandir)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

install: all
	install -d $(bindir) $(libexecdir) $(compdir)
	install -m 755 $(TOOLS:%=$(O)/bin/%) $(bindir)
	install -m 755 $(LIBEXEC:%=$(O)/libexec/darkfactory/%) $(libexecdir)
	$(foreach f,$(SHARED),install -D -m $(call mode,$(f)) $(f) \
	    $(f:share/%=$(sharedir)/%) &&) :
	$(foreach f,$(MANUALS),install -D -m 644 $(f) $(call manual,$(f)) &&) :
	$(foreach f,README COPYING,install -D -m 644 $(f) $(docdir)/$(f) &&) :
	$(foreach f,$(EXAMPLES),install -D -m $(call mode,$(f)) $(f) \
	    $(docdir)/$(f) &&) :
	install -m 644 share/completions/darkfactory.bash $(compdir)/df-boot
	for t in $(filter-out df-boot,$(TOOLS)); do \
	    ln -sf df-boot $(compdir)/$$t || exit; done

uninstall:
	rm -f $(TOOLS:%=$(bindir)/%) $(TOOLS:%=$(compdir)/%)
	rm -f $(foreach f,$(MANUALS),$(call manual,$(f)))
	rm -rf $(libexecdir) $(sharedir) $(docdir)

# What is committed, byte for byte the same wherever it is made.
dist:
	@mkdir -p $(O)
	git archive --format=tar --prefix=darkfactory-$(VERSION)/ HEAD | \
	    gzip -9n >$(O)/darkfactory-$(VERSION).tar.gz

# The value of a variable, for scripts.
print-%:
	@echo '$($*)'

clean:
	rm -rf $(O)

.PHONY: all unit fuzzers check fuzz lint bench install uninstall dist clean
.DELETE_ON_ERROR:
.SECONDARY:
