/* label: the AppArmor profile or SELinux context that PROGRAM starts in. */
#ifndef LONGSHORE_LABEL_H
#define LONGSHORE_LABEL_H

/* Ask for it, for the next exec; NULL: don't.  While /proc is still the caller's, so
 * that no image can catch the write (CVE-2025-52881), and before the credentials change:
 * these files belong to the very credentials that opened them.  Dies on failure. */
void label_apply(const char *apparmor, const char *selinux);

#endif
