#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "work/orphan.h"

#define ROUNDS 4000

static struct {
	pid_t *v;
	size_t n, cap;
	int open;
} known;

static int
is_known(pid_t pid)
{
	size_t i;

	for (i = 0; i < known.n; i++)
		if (known.v[i] == pid)
			return 1;
	return 0;
}

void
df_orphans_know(pid_t pid, int alive)
{
	size_t i;

	if (alive) {
		DF_GROW(known.v, known.n, known.cap);
		known.v[known.n++] = pid;
		return;
	}
	for (i = 0; i < known.n; i++)
		if (known.v[i] == pid) {
			known.v[i] = known.v[--known.n];
			return;
		}
}

/* Call fn for each of our children; how many there are. */
static size_t
each_child(void (*fn)(pid_t pid))
{
	DIR *dir = opendir("/proc");
	char path[64], line[512], *s;
	struct dirent *d;
	long pid, ppid;
	size_t n = 0;
	FILE *f;

	while (dir && (d = readdir(dir)) != NULL) {
		pid = strtol(d->d_name, &s, 10);
		if (pid <= 1 || *s)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		s = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		fclose(f);
		if (s && sscanf(s + 1, " %*c %ld", &ppid) == 1 && ppid ==
		    (long)getpid() && !is_known((pid_t)pid)) {
			fn((pid_t)pid);
			n++;
		}
	}
	if (dir)
		closedir(dir);
	return n;
}

static void
know(pid_t pid)
{
	df_orphans_know(pid, 1);
}

void
df_orphans_open(void)
{
	if (known.open)
		return;
	known.open = 1;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)each_child(know);
}

static size_t killed;

/* It can start nothing more, and is killed. */
static void
end(pid_t pid)
{
	const struct rlimit none = { 0, 0 };

	(void)prlimit(pid, RLIMIT_NPROC, &none, NULL);
	if (kill(pid, SIGKILL) < 0)	/* not ours to end: a set-id program */
		df_orphans_know(pid, 1);
	else if (waitpid(pid, NULL, 0) == pid)
		killed++;
}

size_t
df_orphans_kill(void)
{
	int round;

	killed = 0;
	for (round = 0; round < ROUNDS && each_child(end); round++)
		;		/* what they had started is ours now */
	return killed;
}
