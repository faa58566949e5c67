# longshore: containers by hand, in tiny Unix tools.  GNU make, no configure step.
VERSION := 0.1.0
PREFIX  ?= /usr/local
CC      ?= cc
CFLAGS  ?= -O2 -g
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wpointer-arith -Wvla -Wformat=2
BASE := -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ilib -Iobj $(WARN) -MMD -MP

# SAN=1 builds beside the normal tree: ASan and UBSan need a dynamic glibc.
ifdef SAN
O := obj/san
B := bin/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
else
O := obj
B := bin
endif

# Chain tools pay their start-up cost at every link, so they are static, on musl
# where it is installed: one exec costs 65 us against 450 us for a static glibc.
# musl-gcc hides the kernel's headers; -idirafter lends them back, after musl's own.
CHAIN_TOOLS := ovl-mount ns-exec cg-place net-plumb exit-hook
ifneq ($(shell command -v musl-gcc),)
STATIC_CC := musl-gcc -static -idirafter /usr/include -idirafter /usr/include/$(MULTIARCH)
else
STATIC_CC := $(CC) -static
endif
CHAIN_CC := $(if $(SAN),$(CC),$(STATIC_CC))

# The modules that chain tools may use: they need no library.
CHAIN_LIB := $(filter argfile bind% birth bridge caps cgroup% chain% chrooted cli creds \
	devices die disk environment firewall% forwarding fwpolicy hash hosts idmap% init inroot \
	io jail% label landlock lease link% masks members mount% net% nftables% notify ns ns_% \
	overlay% own_exe ports publish% pty resolv rlimits rootfs seal step subnet supervise syscalls \
	sysctl undo, \
	$(basename $(notdir $(wildcard lib/*.c)))) syscall_filter

# One line per tool: the libraries it links, as archives where that shortens the start of
# a tool that runs once a layer: of libarchive.a only the tar reader comes along, not XML
# and ICU; libcrypto.a is relocated in a third of the time.  Rebuild after their security
# updates, or build with DYNAMIC=1: all libraries shared.
CURL := @$O/data/curl.libs
reg-token_LIBS    := $(CURL) -ljq
reg-manifest_LIBS := $(CURL) -ljq
reg-blob_LIBS     := $(CURL) -ljq
reg-push_LIBS     := $(CURL) -ljq
image-plan_LIBS   := -ljq -l:libcrypto.a
layer-unpack_LIBS := -l:libarchive.a -l:libcrypto.a -lisal -l:libzstd.a -l:liblzma.a -l:libbz2.a -lpthread
layer-pack_LIBS   := -l:libcrypto.a -lzstd -l:libz.a -lpthread # libzstd.a has no threads
layer-mount_LIBS  := -lfuse3 $(layer-unpack_LIBS)
seccomp-compile_LIBS := -lseccomp -ljq

TOOLS      := $(basename $(notdir $(wildcard tools/*.c)))
DATA_TOOLS := $(filter-out $(CHAIN_TOOLS),$(TOOLS))
LIB_C      := $(filter-out lib/syscall_filter.c lib/own_exe.c lib/last_hop.c,$(wildcard lib/*.c))

all: $(TOOLS:%=$B/%) ## build the tools into bin/ (SAN=1: bin/san, with ASan and UBSan)

$(filter $(CHAIN_TOOLS:%=$B/%),$(TOOLS:%=$B/%)): $B/%: $O/chain/%.o $O/chain/lib.a
	@mkdir -p $B
	$(CHAIN_CC) $(SANFLAGS) $(LDFLAGS) $(if $(SAN),,-s) -o $@ $^
$(DATA_TOOLS:%=$B/%): $B/%: $O/data/%.o $O/data/lib.a
	@mkdir -p $B
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(if $(DYNAMIC),$(patsubst -l:lib%.a,-l%,$(subst $(CURL),-lcurl -lcrypto,$($*_LIBS))),$($*_LIBS))
$(filter $B/reg-%,$(DATA_TOOLS:%=$B/%)): $O/data/curl.libs
$O/data/curl.libs: lib/link-curl | $O/data
	CC='$(CC)' lib/link-curl $O/data > $@

$O/chain/lib.a: $(CHAIN_LIB:%=$O/chain/%.o)
$O/data/lib.a: $(patsubst lib/%.c,$O/data/%.o,$(LIB_C))
%/lib.a:
	@rm -f $@
	ar rcs $@ $^

$O/chain/%.o: tools/%.c | $O/chain
	$(CHAIN_CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<
$O/chain/%.o: lib/%.c | $O/chain
	$(CHAIN_CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<
$O/data/%.o: tools/%.c | $O/data
	$(CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<
$O/data/%.o: lib/%.c | $O/data
	$(CC) $(BASE) $(CFLAGS) $(SANFLAGS) -c -o $@ $<
# ns-exec's own filter, compiled by the tool that compiles any other.
$O/chain/syscall_filter.o: obj/seccomp_default.h
obj/seccomp_default.h: lib/seccomp-default.json $B/seccomp-compile
	ASAN_OPTIONS=detect_leaks=0 $B/seccomp-compile --header $< > $@
# The program that ns-exec goes through on its way to PROGRAM, as bytes to include.
$O/chain/own_exe.o: obj/last_hop.h
obj/last_hop: lib/last_hop.c | $O/chain
	$(STATIC_CC) $(BASE) -Os -s -Wl,-z,noseparate-code,-z,norelro -o $@ $<
obj/last_hop.h: obj/last_hop
	od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g' > $@
$O/chain $O/data:
	@mkdir -p $@
-include $(wildcard $O/chain/*.d $O/data/*.d)

check: ## install what the tests need, run them all (VM included), lint
	tests/run
lint: all ## clang, cppcheck, shellcheck, mandoc -Tlint, sizes
	tests/rig/packages lint
	tests/lint
demo: ## a container end to end, from a registry on this machine
	@tests/rig/demo
bench: all ## compare with every peer that is installed
	tests/bench/run
bench-limit: all ## the floors: the same work with nothing else around it
	tests/bench/limit
fuzz: ## the fuzz targets, five seconds each (tests/fuzz/run -t SECONDS: longer)
	tests/rig/packages fuzz
	tests/fuzz/run
vm: all ## a shell in a VM with real cgroup v2, on this machine's files
	tests/rig/vm qemu

include pipelines/install.mk
deb: ## a Debian package, into deb/
	tests/rig/deb

clean: ## take away what make has built
	rm -rf bin obj deb
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

.PHONY: all bench bench-limit check clean deb demo fuzz help install lint uninstall vm
.DELETE_ON_ERROR:
.SECONDARY:
