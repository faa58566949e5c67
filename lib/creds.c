#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "caps.h"
#include "creds.h"
#include "die.h"
#include "step.h"

/* Decimal, and not (uid_t)-1, which means "leave it" to setresuid(2). */
static const char *
parse_id(const char *s, uint32_t *id)
{
	unsigned long long v;
	char *end;

	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	v = strtoull(s, &end, 10);
	*id = v;
	return errno || v >= UINT32_MAX ? NULL : end;
}

int
creds_parse_user(struct creds *c, const char *spec)
{
	const char *s = parse_id(spec, &c->uid);

	c->has_user = true;
	if (s && *s == ':') {
		c->has_group = true;
		s = parse_id(s + 1, &c->gid);
	}
	return s && *s == '\0' ? 0 : -1;
}

int
creds_parse_groups(struct creds *c, const char *spec)
{
	const char *s = spec;

	c->has_groups = true;
	do {
		if (c->n_groups == CREDS_GROUPS_MAX)
			return -1;
		s = parse_id(s, &c->groups[c->n_groups++]);
	} while (s && *s++ == ',');
	return s && s[-1] == '\0' ? 0 : -1;
}

void
creds_become_root(void)
{
	/* Groups first: without uid 0 the right to change them may be gone.  Where 0 is not
	 * mapped the calls fail with EINVAL and we stay who we are. */
	if (setresgid(0, 0, 0) == 0)
		setgroups(0, NULL);
	if (setresuid(0, 0, 0) < 0 && errno != EINVAL)
		die_errno("become root of the user namespace");
}

static const char mapped[] = "only ids that the user namespace maps can be taken on";

static void
set_user(const struct creds *c)
{
	/* Groups while still privileged: after setresuid(2) nobody may shed them. */
	if (c->has_groups || c->has_user || c->clear_groups)
		if (setgroups(c->n_groups, c->groups) < 0 && (errno != EPERM || c->has_groups))
			die_errno_hint(errno == EPERM ? "this user namespace forbids setgroups(2), "
							"which --map-auto does not"
						      : mapped,
				       "set the supplementary groups");
	if (c->has_group && setresgid(c->gid, c->gid, c->gid) < 0)
		die_errno_hint(errno == EINVAL ? mapped : NULL, "become group %u", c->gid);
	if (!c->has_user)
		return;
	/* Leaving uid 0 clears all capabilities, unless told to keep the permitted ones. */
	if (c->ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		die_errno("keep capabilities");
	if (setresuid(c->uid, c->uid, c->uid) < 0)
		die_errno_hint(errno == EINVAL ? mapped : NULL, "become user %u", c->uid);
}

void
creds_apply(const struct creds *c)
{
	if (c->limit)
		caps_bound(c->keep);
	set_user(c);
	if (c->limit)
		caps_set(c->keep, c->ambient);
	if (c->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die_errno("set no_new_privs");
}

char *
creds_group_words(const struct creds *c)
{
	char *s = text("%s", "");

	for (unsigned i = 0; i < c->n_groups; i++)
		s = text("%s%s%u", s, i ? "," : "", c->groups[i]);
	return s;
}

char *
creds_words(const struct creds *c)
{
	char *s = text("%s", "");

	if (c->limit)
		s = text("%s --bounding-set=%s --inh-caps=%s --ambient-caps=%s", s,
			 caps_words(c->keep), caps_words(c->ambient), caps_words(c->ambient));
	if (c->has_user)
		s = text("%s --reuid=%u", s, c->uid);
	if (c->has_group)
		s = text("%s --regid=%u", s, c->gid);
	if (c->has_groups)
		s = text("%s --groups=%s", s, creds_group_words(c));
	else if (c->has_user || c->clear_groups)
		s = text("%s --clear-groups", s);
	if (c->no_new_privs)
		s = text("%s --no-new-privs", s);
	return *s ? text("setpriv%s", s) : s;
}
