/*
 * forked.h - a main() of ours in a process of its own, forked instead of
 * executed: what is to be run many thousand times.
 */
#ifndef T_FAULT_FORKED_H
#define T_FAULT_FORKED_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int df_verify_main(int argc, char **argv);	/* main() of df-verify */

/*
 * The exit status of fn(arg), 128 + N when signal N ended it, or -1 with errno;
 * the beginning of what it says on stdout and stderr goes to said[0..max).
 */
static inline int
forked(int (*fn)(const char *arg), const char *arg, char *said, size_t max)
{
	char rest[4096];
	size_t n = 0;
	int p[2], status;
	ssize_t k;
	pid_t pid;

	if (fflush(stdout) != 0 || pipe(p) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		if (dup2(p[1], 1) < 0 || dup2(p[1], 2) < 0)
			_exit(127);
		close(p[0]);
		close(p[1]);
		_exit(fn(arg));
	}
	close(p[1]);
	for (;;) {
		k = n < max - 1 ? read(p[0], said + n, max - 1 - n) :
		    read(p[0], rest, sizeof(rest));
		if (k <= 0 && errno != EINTR)
			break;
		if (k > 0 && n < max - 1)
			n += (size_t)k;
	}
	said[n] = '\0';
	close(p[0]);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 +
	    WTERMSIG(status);
}

#endif
