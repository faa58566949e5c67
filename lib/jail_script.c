#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "caps.h"
#include "chain.h"
#include "die.h"
#include "environment.h"
#include "io.h"
#include "jail.h"
#include "jail_script.h"
#include "step.h"

static const char *
propagation_word(const struct jail *j)
{
	return j->propagation == MS_PRIVATE ? ""
	       : j->propagation == MS_SHARED ? " --propagation shared"
	       : j->propagation == MS_SLAVE  ? " --propagation slave"
	       : j->propagation == 0	     ? " --propagation unchanged"
					     : ""; /* unshare(1) has none: a line inside */
}

char *
jail_outer_words(const struct jail *j)
{
	char *s = ns_words(&j->ns);

	if (j->has_map)
		s = text("%s%s", s, j->map_words ? j->map_words : idmap_words(&j->map));
	if (j->ns.create && ns_needs_fork(&j->ns))
		s = text("%s --fork --kill-child", s);
	if (j->ns.create & CLONE_NEWNS)
		s = text("%s%s", s, propagation_word(j));
	/* Capabilities do not outlive an exec by a user that is not mapped to root. */
	if (j->has_map && !j->map_words)
		s = text("%s --setuid 0 --setgid 0", s);
	return s;
}

/* The PATH that env(1) sets is the container's: where it has no sbin, commands of the
 * host have to be found before. */
static const char *
command(const char *name, bool env_changes)
{
	return env_changes ? text("\"$(command -v %s)\"", name) : name;
}

char *
jail_inner_words(const struct jail *j)
{
	struct creds c = j->creds;
	char *s, *chroot = text("%s", ""), *env = environment_words();

	/* Where a user maps but itself, setgroups(2) is refused: ns-exec goes on then. */
	c.clear_groups &= !j->map_own;
	/* setpriv(1) is the caller's, so it runs before chroot(8), which then needs its
	 * capability and changes the user itself. */
	if (j->root.dir) {
		if (c.has_user)
			chroot = text(" --userspec=%u:%u", c.uid, c.has_group ? c.gid : 0);
		if (c.has_user || c.has_groups || c.clear_groups)
			chroot = text("%s --groups=%s", chroot, creds_group_words(&c));
		chroot = text("%s%s .", command("chroot", *env), chroot);
		c.has_user = c.has_group = c.has_groups = c.clear_groups = false;
		c.keep |= UINT64_C(1) << CAP_SYS_CHROOT;
		if (c.n_groups)
			c.keep |= UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SETUID;
	}
	s = creds_words(&c);
	if (j->apparmor || j->selinux)
		s = text("%s%s%s%s%s", *s ? s : "setpriv",
			 j->apparmor ? " --apparmor-profile " : "",
			 j->apparmor ? sh(j->apparmor) : "",
			 j->selinux ? " --selinux-label " : "", j->selinux ? sh(j->selinux) : "");
	if (*s)
		s = text("%s%s", command("setpriv", *env), strchr(s, ' '));
	s = text("%s%s%s%s%s", env, *env && *s ? " " : "", s,
		 *chroot && (*s || *env) ? " " : "", chroot);
	/* A shell that is not at its last command waits for it, and reaps what else ends. */
	if (j->init)
		s = text("sh -c '\"$@\"; exit $?' init%s%s", *s ? " " : "", s);
	if (j->workdir)
		s = text("%s%ssh -c %s sh", s, *s ? " " : "",
			 sh(text("cd %s; exec \"$@\"", sh(j->workdir))));
	return s;
}

static int kept = -1, real_stdout = -1;

void
jail_script_begin(void)
{
	fflush(stdout);
	kept = memfd_create("script", MFD_CLOEXEC);
	real_stdout = dup(STDOUT_FILENO);
	if (kept < 0 || real_stdout < 0 || dup2(kept, STDOUT_FILENO) < 0)
		die_errno("keep the script");
}

/* The text since the beginning, or since the last take. */
static char *
take(void)
{
	static off_t done;
	off_t end;
	char *s;

	fflush(stdout);
	end = lseek(kept, 0, SEEK_END);
	s = text("%*s", (int)(end - done), "");
	if (end < 0 || pread(kept, s, end - done, done) != end - done)
		die_errno("read the script back");
	done = end;
	return s;
}

/* "exec PROGRAM..." alone can stand behind other words; a script needs a shell. */
static char *
as_words(const char *script)
{
	const char *end = strchr(script, '\n');

	if (strncmp(script, "exec ", 5) == 0 && end && end[1] == '\0')
		return text("%.*s", (int)(end - script) - 5, script + 5);
	return text("sh -c %s", sh(script));
}

/* Ranges that root gives away, into a namespace that nothing is joined or kept with. */
static bool
map_by_hand(const struct jail *j)
{
	uint64_t need = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID;

	for (int i = 0; i < NS_KINDS; i++)
		if (j->ns.file[i])
			return false;
	return j->has_map && !j->map_own && !j->map_words && !j->ns.persist &&
	       (caps_effective() & need) == need;
}

/* The map is written ahead of all other acts, to stdout as it is now. */
static char *
outer_words(const struct jail *j)
{
	struct jail rest = *j;
	char *enter, *words;

	if (!map_by_hand(j))
		return jail_outer_words(j);
	enter = idmap_print(&j->map);
	rest.has_map = false;
	rest.ns.create &= ~CLONE_NEWUSER;
	words = jail_outer_words(&rest);
	return text("%s%s%s", enter, *words ? " " : "", words);
}

void
jail_script_end(const struct jail *j, char **program)
{
	char *acts = take(), *outer, *inner = jail_inner_words(j), *all;

	chain_print(program);
	if (*inner)
		all = text("%sexec %s %s\n", acts, inner, as_words(take()));
	else
		all = text("%s%s", acts, take());
	if (dup2(real_stdout, STDOUT_FILENO) < 0)
		die_errno("print the script");
	outer = outer_words(j);
	if (map_by_hand(j))
		all = text("exec 9<&-\n%s", all);
	if (*outer)
		all = text("exec %s %s\n", outer, as_words(all));
	fputs(all, stdout);
	close_stdout();
}
