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
ifdef SAN
CHAIN_CC := $(CC)
else ifneq ($(shell command -v musl-gcc),)
CHAIN_CC := musl-gcc -static -idirafter /usr/include -idirafter /usr/include/$(MULTIARCH)
else
CHAIN_CC := $(CC) -static
endif

# The modules that chain tools may use: they need no library.
CHAIN_LIB := chain chrooted cli die io step supervise syscalls undo
CHAIN_LIB += argfile bind_map binds birth caps creds devices environment idmap init inroot \
	jail jail_script label landlock masks mountfd notify ns ns_cgroup ns_make pty rlimits rootfs seal \
	syscall_filter
CHAIN_LIB += mounts overlay overlay_hint overlay_layers overlay_legacy \
	overlay_options overlay_text
CHAIN_LIB += cgroup cgroup_controller cgroup_delegate cgroup_end cgroup_make \
	cgroup_report cgroup_setting cgroup_supervise cgroup_table cgroup_undo \
	cgroup_usage cgroup_value disk
CHAIN_LIB += firewall firewall_rules firewall_sets forwarding fwpolicy hash lease link \
	netdown netfiles netlink netns netreport netstate network netup \
	nftables nftables_rule ports publish subnet sysctl

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
layer-pack_LIBS   := -l:libcrypto.a -l:libzstd.a -l:libz.a -lpthread
layer-mount_LIBS  := -lfuse3 $(layer-unpack_LIBS)
seccomp-compile_LIBS := -lseccomp -ljq

TOOLS      := $(basename $(notdir $(wildcard tools/*.c)))
DATA_TOOLS := $(filter-out $(CHAIN_TOOLS),$(TOOLS))
LIB_C      := $(filter-out lib/syscall_filter.c,$(wildcard lib/*.c))

all: $(TOOLS:%=$B/%) ## build the tools into bin/ (SAN=1: bin/san, with ASan and UBSan)

$(filter $(CHAIN_TOOLS:%=$B/%),$(TOOLS:%=$B/%)): $B/%: $O/chain/%.o $O/chain/lib.a
	@mkdir -p $B
	$(CHAIN_CC) $(SANFLAGS) $(LDFLAGS) $(if $(SAN),,-s) -o $@ $^
$(DATA_TOOLS:%=$B/%): $B/%: $O/data/%.o $O/data/lib.a
	@mkdir -p $B
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(if $(DYNAMIC),$(patsubst -l:lib%.a,-l%,$(subst $(CURL),-lcurl -lcrypto,$($*_LIBS))),$($*_LIBS))
$(filter $B/reg-%,$(DATA_TOOLS:%=$B/%)): | $O/data/curl.libs
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
fuzz: ## the fuzz targets, a minute each (SECONDS_EACH=60)
	tests/fuzz/run
vm: all ## a shell in a VM with real cgroup v2, on this machine's files
	tests/rig/vm qemu

BINDIR := $(DESTDIR)$(PREFIX)/bin
MANDIR := $(DESTDIR)$(PREFIX)/share/man
DOCDIR := $(DESTDIR)$(PREFIX)/share/longshore
COMPDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# What the pipelines source lies beside them in a checkout, in share/ when installed.
SOURCED := $(wildcard pipelines/*.sh)
RELOCATE := s,"$${0%/\*}/\([a-z-]*\.sh\)","$(PREFIX)/share/longshore/\1",; \
	s,"$$here/\([a-z-]*\.sh\)","$(PREFIX)/share/longshore/\1",
PIPELINES := $(filter-out pipelines/lessons pipelines/completion.bash $(SOURCED),$(wildcard pipelines/*))
install: all ## to PREFIX ($(PREFIX)) below DESTDIR
	install -d $(BINDIR) $(MANDIR)/man1 $(MANDIR)/man7 $(DOCDIR)/lessons $(COMPDIR)
	install -m 755 $(TOOLS:%=bin/%) $(BINDIR)
	for p in $(PIPELINES); do sed '$(RELOCATE)' $$p >$(BINDIR)/$${p##*/}; done
	for p in $(SOURCED); do sed '$(RELOCATE)' $$p >$(DOCDIR)/$${p##*/}; done
	chmod 755 $(patsubst pipelines/%,$(BINDIR)/%,$(PIPELINES))
	install -m 644 $(wildcard man/*.1) $(MANDIR)/man1
	install -m 644 $(wildcard man/*.7) $(MANDIR)/man7
	install -m 755 $(wildcard pipelines/lessons/*) $(DOCDIR)/lessons
	install -m 644 pipelines/completion.bash $(COMPDIR)/longshore
uninstall: ## take that back
	rm -f $(TOOLS:%=$(BINDIR)/%) $(patsubst pipelines/%,$(BINDIR)/%,$(PIPELINES))
	rm -f $(patsubst man/%,$(MANDIR)/man?/%,$(wildcard man/*.[17])) $(COMPDIR)/longshore
	rm -rf $(DOCDIR)
deb: ## a Debian package, into deb/
	tests/rig/deb

clean:
	rm -rf bin obj deb
help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

.PHONY: all bench bench-limit check clean deb demo fuzz help install lint uninstall vm
.DELETE_ON_ERROR:
.SECONDARY:
