/* birth: get a process into new namespaces, with what has to be done for it from outside:
 * its id maps, the files that keep its namespaces, who is told of its pid. */
#ifndef LONGSHORE_BIRTH_H
#define LONGSHORE_BIRTH_H

struct jail;

/* Make the namespaces around ourselves; returns inside.  Only for what does not need a
 * child: ns_needs_fork(). */
void birth_here(const struct jail *j);

/* Make them around a child, in which inside() is called and must not return; the parent
 * waits for it and ends with its status. */
_Noreturn void birth_child(struct jail *j, void (*inside)(void));

/* In the child, at its start and again after each change of credentials: let it be killed
 * when the waiting parent dies. */
void birth_tie(void);

/* --die-with-parent: let ourselves be killed when who started us dies. */
void birth_tie_to_caller(void);

#endif
