/*
 * inside.h - confining what df-inside runs, where no namespace does: Landlock
 * for files, TCP, signals and abstract sockets; a seccomp filter for what
 * Landlock does not know.
 *
 *	df_confine_prepare(&c, why, sizeof(why));
 *	df_confine_report(&c, &json);
 *	in the child, before its exec: df_confine_self(&c);
 *
 * Files: only what a rule names, and what is below it.  A rule is a path, and
 * whether it may be written.  A path that is not there is passed over.
 *
 * Network: none; no socket can be made but pairs of connected ones.  With net,
 * the host's: sockets of IPv4, IPv6 and netlink.  Never AF_UNIX.
 *
 * The filter refuses, with EPERM, what reaches beyond the process tree and
 * needs no capability (whoever is confined has none and can get none):
 *
 *	socket, socketpair	as above; a datagram pair could be turned to
 *				another address
 *	io_uring_*		does all that in the name of the kernel
 *	unshare, setns, clone	new namespaces: a user namespace gives
 *	with CLONE_NEW*		capabilities.  clone3 is ENOSYS: its flags are
 *				in memory, and the C library has clone
 *	ptrace attach and seize, process_vm_*, pidfd_getfd
 *				other processes; what a program starts itself
 *				it may trace
 *	prlimit64 of others	their limits
 *	keyctl, add_key, request_key
 *				keyrings belong to the user
 *	fanotify_init		what others do with files: inotify, which many
 *				programs use, is left, a gap
 *	bpf, perf_event_open	the kernel's own view of everything
 *	shmget, semget, msgget, mq_open
 *				outlive all processes
 *
 * A system call of another machine (x32, 32 bit) ends the process.
 *
 * What stays open is said by name, see df-run(5), gaps.
 *
 * Source: Linux, Documentation/userspace-api/landlock.rst, ABI 1 to 7, and
 * seccomp_filter.rst.
 */
#ifndef DF_BIN_INSIDE_H
#define DF_BIN_INSIDE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

#define DF_CONFINE_RULES 512

struct df_confine {
	struct df_confine_rule {
		const char *path;
		int write;
	} rule[DF_CONFINE_RULES];
	size_t n;
	int net;		/* the host's network */

	/* inside */
	int on, abi, fd;
	struct df_buf rules;	/* as JSON */
};
/*
 * Make the rule set, and give up capabilities and new privileges in this
 * process.  -1 with a line in why when this kernel cannot do it.
 */
int df_confine_prepare(struct df_confine *c, char *why, size_t size);
/* {"abi":..,"gaps":[..],"network":"none","rules":[..],"seccomp":".."} */
void df_confine_report(const struct df_confine *c, struct df_buf *out);
/* Makes system calls and nothing else.  -1 with errno. */
int df_confine_self(const struct df_confine *c);

/*
 * Where namespaces isolate: what they do not keep from the processes beside
 * it.  prlimit64 of others is refused (without files or memory neither we nor
 * a judge's programs see anything), and so are the kernel's keyrings; to a
 * judge's shell and all that it starts also attaching to others, their memory
 * and their descriptors.  With the host's network, by Landlock, sockets of the
 * abstract name space, which belong to it, but its own.
 */
struct df_guard {
	int judge;		/* nor trace others */
	int net;		/* the host's network */

	/* inside */
	int fd;			/* of a rule set; 0: none */
};
void df_guard_prepare(struct df_guard *g);
/* {"abstract":..,"seccomp":".."}: are abstract sockets out of reach; the
   machine of the filter, "" where we do not know its numbers. */
void df_guard_report(const struct df_guard *g, struct df_buf *out);
/* Gives up new privileges.  Makes system calls and nothing else.  -1 with
   errno. */
int df_guard_self(const struct df_guard *g);

/*
 * In a process namespace: what is left of programs that a judge's shell ran,
 * and not in its background, is no descendant of that shell.  The first lists
 * it, PID:START a line; the second kills it, but those (and what they start).
 * DF_EXTERNAL when new ones come faster.
 */
int df_left_may(void);	/* are we in such a namespace? */
int df_left_list(pid_t shell);
int df_left_kill(pid_t shell, const char *but);

/*
 * Sockets and pipes: somebody else may be at their other end, and no mount
 * that is read-only keeps from connecting to the one or writing into the
 * other.  Links are not followed; what cannot be listed is passed over.
 */
struct df_look {
	struct df_buf found;	/* as JSON, some by name */
	struct df_buf first;
	size_t n, seen;
	int more;		/* not all was looked at */
};
/* What of these paths is one, or has one below it. */
void df_look_for_channels(struct df_look *l, const char *const *what,
	size_t n);
/* ["/opt/x/control"], or null: none found, and there was more. */
void df_look_report(const struct df_look *l, struct df_buf *out);

#endif
