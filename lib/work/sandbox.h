/*
 * sandbox.h - where foreign programs run: levels, mounts, the unprivileged
 * uid, and the record of it.
 *
 * Level bwrap isolates: bubblewrap with an allow-list of mounts (/usr without
 * /usr/local and /usr/src, a few files of /etc, /tmp, /dev and /dev/shm of its
 * own, the workspace, an empty home, and what an adapter declares), its own
 * user, process, IPC, UTS and cgroup namespaces, no capability, no further user
 * namespace, and its own network namespace unless the adapter needs the
 * host's (then the level is "bwrap+net").
 *
 * Level landlock confines, where no namespaces can be made: the same
 * allow-list by Landlock, on the host's own paths, with a directory of the
 * attempt in the place of /tmp; no socket, or those of the host's network
 * ("landlock+net"); what Landlock does not know a seccomp filter refuses, see
 * bin/inside.h.  What it leaves open is in the record, and that no process is
 * left is only observed.
 *
 * Level none isolates nothing and is recorded as such; it is used only when
 * the profile asks for it.
 *
 * As root the child first becomes an unprivileged uid of its own: a set-id
 * file that it leaves must not be root's.
 *
 * Paths inside, at level bwrap: /ws the workspace, /home/agent, /df our own
 * programs, /judge/program what a judge runs.
 */
#ifndef DF_WORK_SANDBOX_H
#define DF_WORK_SANDBOX_H

#include <sys/types.h>

#include "base/json.h"
#include "base/opt.h"

#define DF_INSIDE_WS "/ws"
#define DF_INSIDE_HOME "/home/agent"
#define DF_INSIDE_DIR "/df"
#define DF_INSIDE_DATA "/judge/program"

enum df_level { DF_LEVEL_NONE, DF_LEVEL_BWRAP, DF_LEVEL_LANDLOCK };
/* "bwrap", "bwrap+net", "landlock", "landlock+net", "none". */
const char *df_level_name(enum df_level l, int net);
/* "bwrap", "landlock" or "none", or -1. */
int df_level_parse(const char *s);
/*
 * Is it in namespaces of its own?  Then the paths above are what it sees, and
 * its processes end with the first one.
 */
int df_level_own(enum df_level l);

/*
 * The uid and gid that foreign programs run as: our own, or, as root,
 * $DF_SANDBOX_UID or a number that no package uses.
 */
uid_t df_sandbox_uid(void);
/* In the child: become that uid for good.  A no-op for ordinary users. */
int df_sandbox_drop(struct df_err *e) DF_CHECK;

struct df_sandbox {
	enum df_level level;
	int net;		/* the host's network */
	const char *ws;		/* host path of the workspace */
	const char *home;	/* host path of the home; NULL: none */
	const char *tmp;	/* level landlock: of what it may write else */
	const char *tools;	/* host path of what appears as /df */
	struct df_list ro;	/* host paths, mounted where they are */
	/* Level bwrap: the bytes of descriptor data appear as DF_INSIDE_DATA,
	   which nothing inside can change; as its mode says. */
	int data;		/* -1: none */
	int data_mode;
	char *const *env;	/* exactly this environment */
};

/*
 * The command that runs df-inside, sandboxed, with the given arguments (those
 * behind its name: "-r", "7", ..., "--", command).  What it says of itself
 * goes to DF_CHILD_INFO.  Every string of the list is malloc'd.
 */
int df_sandbox_command(const struct df_sandbox *s,
	const struct df_list *inside, struct df_list *command,
	struct df_err *e) DF_CHECK;
/* In the child: exec that command.  Returns only on failure. */
int df_sandbox_exec(const struct df_sandbox *s, const struct df_list *command,
	struct df_err *e) DF_CHECK;

/* Put df-inside (and, for a judge, bash) where the sandbox finds it. */
int df_sandbox_tools(int scratch, int judge, struct df_err *e) DF_CHECK;
/*
 * For a judge: an execute-only copy of the program at path, as df/run/NAME,
 * unless it is there.
 */
int df_sandbox_judge_tool(int scratch, const char *path, const char *name,
	struct df_err *e) DF_CHECK;

/*
 * Can this machine run the level with these paths?  Starts a sandbox that
 * does nothing.
 */
int df_sandbox_probe(enum df_level level, int net, const struct df_list *ro,
	struct df_err *e) DF_CHECK;

#endif
