/*
 * bench - time commands against each other, run alternately.
 *
 *	bench [-n RUNS] [-w WARM] NAME [-p PREPARE] COMMAND [ARG...]
 *	      [::: NAME [-p PREPARE] COMMAND [ARG...]]...
 *
 * Each command is run WARM times (1) that do not count, then RUNS times (11,
 * an odd number): the first of all commands, the second of all, and so on, the
 * order turned by one each time, so that what else the machine does, and what a
 * command leaves behind for the next, falls on all alike.  PREPARE is run by sh
 * before each run of its command and is not measured.  Commands and PREPARE
 * find in $REP the number of the run, from 0, warm ones included; their
 * standard input and output are /dev/null.
 *
 * Written is one line a command, with tabs between
 *
 *	NAME RUNS WALL MIN SPREAD CPU CPUMIN RSS
 *
 * WALL and MIN are the median and the least time from before posix_spawn(3)
 * until wait4(2) returns; SPREAD the distance of the quartiles; CPU and CPUMIN
 * median and least user and system time of the process and of all that it
 * waited for; all in microseconds.  RSS is the largest resident set that any
 * of these processes had in any run, in KiB.  What bench has itself, about 2
 * MiB, is the least that Linux can say.
 *
 * Exit status: 0; 1 a command or PREPARE failed; 2 usage.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 32
#define RUNS 999

struct command {
	const char *name;
	char *prepare, **argv;
	long wall[RUNS], cpu[RUNS];	/* microseconds */
	long rss;			/* KiB */
};

static struct command command[COMMANDS];
static posix_spawn_file_actions_t nulls;

extern char **environ;

DF_NORETURN static void
usage(void)
{
	fputs("usage: bench [-n RUNS] [-w WARM] NAME [-p PREPARE] COMMAND "
	    "[ARG...]\n             [::: NAME [-p PREPARE] COMMAND "
	    "[ARG...]]...\n", stderr);
	exit(2);
}

DF_NORETURN static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static long
number(const char *s, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 10);
	if (end == s || *end || errno || n < min || n > max)
		usage();
	return n;
}

static long
micros(const struct timeval *t)
{
	return (long)t->tv_sec * 1000000 + (long)t->tv_usec;
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Run argv and wait for it; returns the time that it took. */
static long
run(const char *name, char **argv, struct rusage *use)
{
	char why[48];
	long start;
	int status, r;
	pid_t pid;

	start = now();
	r = posix_spawnp(&pid, argv[0], &nulls, NULL, argv, environ);
	if (r != 0)
		fail(argv[0], strerror(r));
	while (wait4(pid, &status, 0, use) < 0)
		if (errno != EINTR)
			fail("wait4", strerror(errno));
	start = now() - start;
	if (status != 0) {
		snprintf(why, sizeof(why), WIFEXITED(status) ? "exit %d" :
		    "signal %d", WIFEXITED(status) ? WEXITSTATUS(status) :
		    WTERMSIG(status));
		fail(name, why);
	}
	return start;
}

/* Run number rep of a command; below 0 it is a warm one. */
static void
measure(struct command *c, long rep)
{
	static char sh[] = "sh", dash_c[] = "-c";
	char *prepare[] = { sh, dash_c, c->prepare, NULL };
	struct rusage use;
	long wall;

	if (c->prepare)
		(void)run(c->prepare, prepare, &use);
	wall = run(c->name, c->argv, &use);
	if (rep < 0)
		return;
	c->wall[rep] = wall;
	c->cpu[rep] = micros(&use.ru_utime) + micros(&use.ru_stime);
	if (use.ru_maxrss > c->rss)
		c->rss = use.ru_maxrss;
}

static int
by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void
say(struct command *c, long n)
{
	qsort(c->wall, (size_t)n, sizeof(*c->wall), by_size);
	qsort(c->cpu, (size_t)n, sizeof(*c->cpu), by_size);
	printf("%s\t%ld\t%ld\t%ld\t%ld\t%ld\t%ld\t%ld\n", c->name, n,
	    c->wall[n / 2], c->wall[0], c->wall[n * 3 / 4] - c->wall[n / 4],
	    c->cpu[n / 2], c->cpu[0], c->rss);
}

/* Split the operands at ":::"; returns how many commands there are. */
static size_t
commands(char **arg)
{
	struct command *c;
	size_t n;

	for (n = 0; n < COMMANDS && *arg; n++) {
		c = &command[n];
		c->name = *arg++;
		if (*arg && strcmp(*arg, "-p") == 0) {
			c->prepare = *++arg;
			if (*arg)
				arg++;
		}
		c->argv = arg;
		while (*arg && strcmp(*arg, ":::") != 0)
			arg++;
		if (arg == c->argv)
			usage();
		if (*arg)
			*arg++ = NULL;
	}
	if (n == 0 || *arg)
		usage();
	return n;
}

int
main(int argc, char **argv)
{
	long runs = 11, warm = 1, rep;
	char text[24];
	size_t i, n;
	int o;

	while ((o = getopt(argc, argv, "+n:w:")) != -1)
		if (o == 'n')
			runs = number(optarg, 1, RUNS);
		else if (o == 'w')
			warm = number(optarg, 0, RUNS);
		else
			usage();
	if (runs % 2 == 0)
		usage();
	n = commands(argv + optind);
	if (posix_spawn_file_actions_init(&nulls) != 0 ||
	    posix_spawn_file_actions_addopen(&nulls, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&nulls, STDOUT_FILENO,
	    "/dev/null", O_WRONLY, 0) != 0)
		fail("/dev/null", strerror(ENOMEM));
	for (rep = 0; rep < warm + runs; rep++) {
		snprintf(text, sizeof(text), "%ld", rep);
		if (setenv("REP", text, 1) < 0)
			fail("REP", strerror(errno));
		for (i = 0; i < n; i++)
			measure(&command[(i + (size_t)rep) % n], rep - warm);
	}
	for (i = 0; i < n; i++)
		say(&command[i], runs);
	return 0;
}
