#define _GNU_SOURCE
#include "base/df.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "inside.h"

#define ROUNDS 2000
#define PAUSE_NS 200000

struct process {
	pid_t pid, ppid;
	unsigned long long start;
};
struct table {
	struct process *v;
	size_t n, cap;
};

static int
by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct process *)a)->pid;
	pid_t y = ((const struct process *)b)->pid;

	return (x > y) - (x < y);
}

/* What is alive. */
static void
look(struct table *t)
{
	DIR *dir = opendir("/proc");
	char path[64], line[1024], state, *s;
	struct process p;
	struct dirent *d;
	long pid, ppid;
	FILE *f;

	t->n = 0;
	while (dir && (d = readdir(dir)) != NULL) {
		pid = strtol(d->d_name, &s, 10);
		if (pid <= 0 || *s)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		s = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		fclose(f);
		if (s == NULL || sscanf(s + 1, " %c %ld %*d %*d %*d %*d %*u "
		    "%*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		    &state, &ppid, &p.start) != 3 || state == 'Z' ||
		    state == 'X')
			continue;
		p.pid = (pid_t)pid;
		p.ppid = (pid_t)ppid;
		DF_GROW(t->v, t->n, t->cap);
		t->v[t->n++] = p;
	}
	if (dir)
		closedir(dir);
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_pid);
}

static const struct process *
find(const struct table *t, pid_t pid)
{
	const struct process p = { .pid = pid };

	return t->n ? bsearch(&p, t->v, t->n, sizeof(p), by_pid) : NULL;
}

static int
is_spared(const struct table *spared, const struct process *p)
{
	size_t i;

	for (i = 0; i < spared->n; i++)
		if (spared->v[i].pid == p->pid && spared->v[i].start ==
		    p->start)
			return 1;
	return 0;
}

/* Does it belong to the shell, or to what is spared?  -1: its parent went away
   while we looked. */
static int
belongs(const struct table *t, const struct table *spared, pid_t shell,
    const struct process *p)
{
	size_t depth;

	for (depth = 0; p && depth <= t->n; depth++) {
		if (p->pid == shell || p->pid == getpid() ||
		    is_spared(spared, p))
			return 1;
		if (p->pid == 1 || p->ppid == 0)
			return 0;
		p = find(t, p->ppid);
	}
	return -1;
}

static void
parse_spared(struct table *t, const char *s)
{
	struct process p = { 0, 0, 0 };
	long pid;
	int n;

	while (sscanf(s, " %ld:%llu%n", &pid, &p.start, &n) == 2) {
		p.pid = (pid_t)pid;
		DF_GROW(t->v, t->n, t->cap);
		t->v[t->n++] = p;
		s += n;
	}
}

/* How many were killed, or have to be looked at again. */
static size_t
kill_all(struct table *t, const struct table *spared, pid_t shell)
{
	size_t i, n = 0;
	int r;

	look(t);
	for (i = 0; i < t->n; i++) {
		if (t->v[i].pid == 1)
			continue;
		r = belongs(t, spared, shell, &t->v[i]);
		n += r <= 0;
		if (r == 0)
			(void)kill(t->v[i].pid, SIGKILL);
	}
	return n;
}

/* Its first process is this program: outside of it it would be everybody. */
int
df_left_may(void)
{
	char line[2][64] = { "", "" };
	FILE *f;
	int i;

	for (i = 0; i < 2; i++) {
		f = fopen(i ? "/proc/self/comm" : "/proc/1/comm", "re");
		if (f == NULL)
			return 0;
		if (fgets(line[i], sizeof(line[i]), f) == NULL)
			line[i][0] = '\0';
		fclose(f);
	}
	return *line[0] && strcmp(line[0], line[1]) == 0;
}

int
df_left_list(pid_t shell)
{
	struct table t = { NULL, 0, 0 };
	const struct table none = { NULL, 0, 0 };
	struct df_buf b = DF_BUF_INIT;
	size_t i;
	int r;

	look(&t);
	for (i = 0; i < t.n; i++)
		if (t.v[i].pid != 1 && !belongs(&t, &none, shell, &t.v[i]))
			df_buf_fmt(&b, "%ld:%llu\n", (long)t.v[i].pid,
			    t.v[i].start);
	r = write(STDOUT_FILENO, b.s, b.n) == (ssize_t)b.n ? DF_OK :
	    DF_EXTERNAL;
	df_buf_release(&b);
	free(t.v);
	return r;
}

int
df_left_kill(pid_t shell, const char *but)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct table t = { NULL, 0, 0 }, spared = { NULL, 0, 0 };
	size_t round;

	parse_spared(&spared, but);
	for (round = 0; round < ROUNDS && kill_all(&t, &spared, shell);
	    round++)
		nanosleep(&pause, NULL);
	free(t.v);
	free(spared.v);
	return round < ROUNDS ? DF_OK : DF_EXTERNAL;
}
