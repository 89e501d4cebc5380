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

base_SRC = buf clock decimal err file hash json list mem opt out par pattern \
	pattern-run schema schema-check schema-compile schema-equal \
	schema-link schema-say text
evidence_SRC = age age-key age-read agent key log seal sign store tree trust \
	trust-read wire
run_SRC = config factory gate ids machine names origin place profile project \
	report run select settings state step
spec_SRC = $(patsubst lib/spec/%.c,%,$(sort $(wildcard lib/spec/*.c)))
work_SRC = adapter attempt basetree combine dispatch dispatch-adopt \
	dispatch-end dispatch-merge dispatch-plan facts git gittree isolation \
	jq judge merge \
	preflight protect record sandbox schedule secret spawn tap unseal \
	workspace

TOOLS = df-boot df-decide df-dispatch df-handoff df-holdout df-prompt df-report \
	df-sign df-validate
LIBEXEC = df-inside

UNIT = $(patsubst t/unit/%.c,%,$(sort $(wildcard t/unit/*.c)))
FUZZ = $(patsubst t/fuzz/%.c,%,$(sort $(wildcard t/fuzz/*.c)))
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
DF_CFLAGS += $(SANFLAGS)
DF_LDFLAGS += $(SANFLAGS)
else
DF_CPPFLAGS += -D_FORTIFY_SOURCE=2
DF_CFLAGS += -fstack-protector-strong
endif

LIBS = -ljq -lsodium -lnettle
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

$(O)/bin/%: $(O)/obj/bin/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS) $(LIBS_$*)

$(O)/libexec/darkfactory/%: $(O)/obj/bin/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS) $(LIBS_$*)

$(O)/t/unit/%: $(O)/obj/t/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(DF_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS) -lyaml

# In place the tools find share/ where an installation has it.
$(O)/share/darkfactory:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/share $@

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# ---- test ----------------------------------------------------------------

unit: $(UNIT:%=$(O)/t/unit/%)

check: all unit
	DF_BUILD=$(abspath $(O)) prove -j$(J) $(if $(V),-v) $(or $(T),t/ $(UNIT:%=$(O)/t/unit/%))

clean:
	rm -rf $(O)

.PHONY: all unit check clean
.DELETE_ON_ERROR:
.SECONDARY:
