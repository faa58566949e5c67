# make install and uninstall, below DESTDIR$(PREFIX).
BINDIR := $(DESTDIR)$(PREFIX)/bin
MANDIR := $(DESTDIR)$(PREFIX)/share/man
DOCDIR := $(DESTDIR)$(PREFIX)/share/longshore
COMPDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# What the pipelines source lies beside them in a checkout, in share/ when installed.
SOURCED := $(wildcard pipelines/*.sh)
RELOCATE := s,"$${0%/\*}/\([a-z-]*\.sh\)","$(PREFIX)/share/longshore/\1",; \
	s,"$$here/\([a-z-]*\.sh\)","$(PREFIX)/share/longshore/\1",
PIPELINES := $(filter-out pipelines/lessons pipelines/completion.bash pipelines/install.mk $(SOURCED),$(wildcard pipelines/*))
# bash-completion looks for a file of the command's name when it is first completed.
COMPLETED := $(filter-out container-prepare,$(notdir $(PIPELINES))) $(TOOLS)
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
	for p in $(COMPLETED); do ln -sf longshore $(COMPDIR)/$$p; done
uninstall: ## take that back
	rm -f $(TOOLS:%=$(BINDIR)/%) $(patsubst pipelines/%,$(BINDIR)/%,$(PIPELINES))
	rm -f $(patsubst man/%,$(MANDIR)/man?/%,$(wildcard man/*.[17]))
	rm -f $(COMPLETED:%=$(COMPDIR)/%) $(COMPDIR)/longshore
	rm -rf '$(DOCDIR)'
