#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "work/orphan.h"
#include "work/spawn.h"

#define DRAIN_MS 2000
#define ASKED_MS 3000		/* from SIGTERM to SIGKILL, where both are */
#define REPORT_MAX ((size_t)4 << 20)

enum { OUT, ERR, REPORT, INFO, ERROR, PIPES };

/* ---- captures ---- */

void
df_capture_init(struct df_capture *c, size_t max)
{
	memset(c, 0, sizeof(*c));
	c->max = max;
	df_buf_init(&c->head);
	df_buf_init(&c->tail);
}

void
df_capture_release(struct df_capture *c)
{
	df_buf_release(&c->head);
	df_buf_release(&c->tail);
}

void
df_capture_add(struct df_capture *c, const char *p, size_t n)
{
	size_t half = c->max / 2, k;

	c->total += n;
	if (c->head.n < half) {
		k = half - c->head.n < n ? half - c->head.n : n;
		df_buf_add(&c->head, p, k);
		p += k;
		n -= k;
	}
	if (n > half) {			/* only its last half bytes matter */
		p += n - half;
		n = half;
	}
	while (n) {
		if (c->tail.n < half) {
			k = half - c->tail.n < n ? half - c->tail.n : n;
			df_buf_add(&c->tail, p, k);
		} else {
			k = half - c->at < n ? half - c->at : n;
			memcpy(c->tail.s + c->at, p, k);
			c->at = (c->at + k) % half;
		}
		p += k;
		n -= k;
	}
}

void
df_capture_get(const struct df_capture *c, struct df_buf *b)
{
	uint64_t kept = c->head.n + c->tail.n;

	df_buf_add(b, c->head.s, c->head.n);
	if (c->total > kept)
		df_buf_fmt(b, "\n[... %llu bytes not kept ...]\n",
		    (unsigned long long)(c->total - kept));
	df_buf_add(b, c->tail.s + c->at, c->tail.n - c->at);
	df_buf_add(b, c->tail.s, c->at);
}

/* ---- starting ---- */

void
df_child_init(struct df_child *c, size_t max_output)
{
	int i;

	memset(c, 0, sizeof(*c));
	df_capture_init(&c->out, max_output);
	df_capture_init(&c->err, max_output);
	df_buf_init(&c->report);
	df_buf_init(&c->info);
	df_buf_init(&c->error);
	c->pid = -1;
	c->pidfd = c->initfd = -1;
	for (i = 0; i < PIPES; i++)
		c->fd[i] = -1;
}

static void
close_all(struct df_child *c)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		if (c->fd[i] >= 0)
			close(c->fd[i]);
		c->fd[i] = -1;
	}
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->initfd >= 0)
		close(c->initfd);
	c->pidfd = c->initfd = -1;
}

void
df_child_release(struct df_child *c)
{
	close_all(c);
	df_capture_release(&c->out);
	df_capture_release(&c->err);
	df_buf_release(&c->report);
	df_buf_release(&c->info);
	df_buf_release(&c->error);
}

struct birth {
	struct df_child *c;
	int w[PIPES];
};

/* The write ends at their places; nothing may be overwritten on the way. */
static int
place_pipes(int w[PIPES])
{
	int i, null;

	for (i = 0; i < PIPES; i++) {
		w[i] = fcntl(w[i], F_DUPFD_CLOEXEC, 20);
		if (w[i] < 0)
			return -1;
	}
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(w[OUT], 1) < 0 ||
	    dup2(w[ERR], 2) < 0 || dup2(w[REPORT], DF_CHILD_REPORT) < 0 ||
	    dup2(w[INFO], DF_CHILD_INFO) < 0)
		return -1;
	return 0;
}

static int
in_child(void *arg)
{
	struct birth *b = arg;
	struct df_err e = { .exit = DF_EXTERNAL };
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (place_pipes(b->w) == 0) {
		(void)b->c->run(b->c->arg, &e);
		(void)!write(b->w[ERROR], &e, sizeof(e));
	}
	_exit(DF_EXTERNAL);
}

/*
 * A fork() copies our page tables, and every page that either side touches
 * afterwards; one child in our memory, on a stack of its own while we wait for
 * its exec, costs neither.  A sanitizer would take its frames for ours.
 */
static pid_t
light_fork(struct birth *b)
{
#ifdef DF_ASAN
	(void)b;
	return -1;
#else
	static _Alignas(16) char stack[256 * 1024];

	return clone(in_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK |
	    SIGCHLD, b);
#endif
}

int
df_child_start(struct df_child *c, struct df_err *e)
{
	struct birth b = { .c = c };
	int p[2], w[PIPES], i;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (c->observed)
		df_orphans_open();
	for (i = 0; i < PIPES; i++)
		w[i] = -1;
	for (i = 0; i < PIPES; i++) {
		if (pipe2(p, O_CLOEXEC) < 0)
			break;
		c->fd[i] = p[0];
		w[i] = p[1];
		(void)fcntl(p[0], F_SETFL, O_NONBLOCK);
	}
	if (i == PIPES) {
		memcpy(b.w, w, sizeof(w));
		c->pid = c->light ? light_fork(&b) : -1;
		if (c->pid < 0)
			c->pid = fork();
		if (c->pid == 0)
			_exit(in_child(&b));
	}
	if (c->pid < 0)
		(void)df_fail_errno(e, DF_EXTERNAL, "spawn",
		    "cannot start a process");
	for (i = 0; i < PIPES; i++)
		if (w[i] >= 0)
			close(w[i]);
	if (c->pid < 0) {
		close_all(c);
		return -1;
	}
	if (c->observed)
		df_orphans_know(c->pid, 1);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		(void)df_fail_errno(e, DF_EXTERNAL, "spawn", "pidfd_open");
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
		close_all(c);
		return -1;
	}
	if (c->kill_after > 0)
		c->kill_at = df_mono_ms() + c->kill_after;
	return 0;
}

void
df_child_kill(struct df_child *c)
{
	if (c->observed && !c->asked) {
		c->asked = 1;
		c->kill_at = df_mono_ms() + ASKED_MS;
		if (c->pidfd >= 0 && !c->reaped)
			(void)syscall(SYS_pidfd_send_signal, c->pidfd,
			    SIGTERM, NULL, 0);
		return;
	}
	c->kill_at = 0;
	if (c->pidfd >= 0 && !c->reaped) {
		(void)syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL,
		    0);
		(void)kill(-c->pid, SIGKILL);
	}
	if (c->initfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, c->initfd, SIGKILL, NULL,
		    0);
}

/* ---- waiting ---- */

/* bwrap says {"child-pid": N, ...}: the first process of the namespace. */
static void
open_init(struct df_child *c)
{
	const char *s = strstr(c->info.s, "\"child-pid\"");
	struct df_buf b = DF_BUF_INIT;
	char path[64];
	const char *p;
	long pid, ppid = -1;
	int fd;
	ssize_t n;

	if (s == NULL || c->initfd >= 0)
		return;
	s += strcspn(s, "0123456789");
	pid = strtol(s, NULL, 10);
	if (pid <= 1)
		return;
	c->initfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (c->initfd < 0)
		return;
	(void)fcntl(c->initfd, F_SETFD, FD_CLOEXEC);
	/* Its number may belong to another process by now. */
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, df_buf_room(&b, 4096), 4096);
		if (n > 0) {
			b.n = (size_t)n;
			b.s[n] = '\0';
			p = strstr(b.s, "PPid:");
			if (p)
				ppid = strtol(p + 5, NULL, 10);
		}
		close(fd);
	}
	df_buf_release(&b);
	if (ppid != c->pid && ppid != (long)getpid()) {
		close(c->initfd);
		c->initfd = -1;
	}
}

static void
read_pipe(struct df_child *c, int i)
{
	char buf[65536];
	struct df_buf *b;
	ssize_t n;

	for (;;) {
		n = read(c->fd[i], buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		switch (i) {
		case OUT:
			df_capture_add(&c->out, buf, (size_t)n);
			break;
		case ERR:
			df_capture_add(&c->err, buf, (size_t)n);
			break;
		default:
			b = i == REPORT ? &c->report : i == INFO ? &c->info :
			    &c->error;
			if (b->n + (size_t)n <= REPORT_MAX)
				df_buf_add(b, buf, (size_t)n);
			if (i == INFO)
				open_init(c);
		}
	}
	close(c->fd[i]);
	c->fd[i] = -1;
}

static void
check_end(struct df_child *c, int64_t now)
{
	int i, drained = 1;

	if (c->kill_at && now >= c->kill_at) {
		if (!c->asked)
			c->killed = 1;
		df_child_kill(c);
	}
	if (!c->reaped)
		return;
	c->kill_at = 0;
	for (i = 0; i < PIPES; i++)
		if (c->fd[i] >= 0)
			drained = 0;
	if (c->drain_at == 0)
		c->drain_at = now + DRAIN_MS;
	if (now >= c->drain_at) {
		drained = 1;
		if (c->initfd >= 0)
			df_child_kill(c);
		c->kill_at = 0;
	}
	if (!drained || c->initfd >= 0)
		return;
	if (c->error.n >= sizeof(c->failed))
		memcpy(&c->failed, c->error.s, sizeof(c->failed));
	c->ended = 1;
	close_all(c);
}

/* One pollfd for each open descriptor of the child. */
static size_t
add_fds(struct df_child *c, struct pollfd *pf)
{
	size_t n = 0;
	int i;

	for (i = 0; i < PIPES; i++)
		if (c->fd[i] >= 0)
			pf[n++] = (struct pollfd){ c->fd[i], POLLIN, 0 };
	if (!c->reaped)
		pf[n++] = (struct pollfd){ c->pidfd, POLLIN, 0 };
	if (c->initfd >= 0)
		pf[n++] = (struct pollfd){ c->initfd, POLLIN, 0 };
	return n;
}

static void
got(struct df_child *c, int fd)
{
	siginfo_t si;
	int i;

	for (i = 0; i < PIPES; i++)
		if (fd == c->fd[i]) {
			read_pipe(c, i);
			return;
		}
	if (fd == c->pidfd) {
		if (waitpid(c->pid, &c->status, WNOHANG) != c->pid)
			return;
		c->reaped = 1;
		if (c->observed) {
			df_orphans_know(c->pid, 0);
			/* One that came to its end has left nobody. */
			if (!WIFEXITED(c->status) || WEXITSTATUS(c->status))
				c->orphans += df_orphans_kill();
		}
	} else if (fd == c->initfd) {
		memset(&si, 0, sizeof(si));
		(void)waitid(P_PIDFD, (id_t)c->initfd, &si, WEXITED | WNOHANG);
		close(c->initfd);
		c->initfd = -1;
	}
}

int
df_children_wait(struct df_child **c, size_t n, int64_t ms)
{
	struct pollfd *pf = df_calloc(n * 7 + 1, sizeof(*pf));
	struct df_child **who = df_calloc(n * 7 + 1, sizeof(*who));
	int64_t now = df_mono_ms(), until = ms < 0 ? INT64_MAX : now + ms;
	int64_t next;
	struct timespec left;
	sigset_t none;
	size_t i, k, m;
	int ended = 0, r;

	sigemptyset(&none);
	for (;;) {
		next = until;
		for (i = 0, m = 0; i < n; i++) {
			if (c[i] == NULL || c[i]->ended)
				continue;
			k = add_fds(c[i], pf + m);
			while (k--)
				who[m++] = c[i];
			if (c[i]->kill_at && c[i]->kill_at < next)
				next = c[i]->kill_at;
			if (c[i]->reaped && c[i]->drain_at < next)
				next = c[i]->drain_at;
		}
		if (m == 0)
			break;
		left.tv_sec = next <= now ? 0 : (next - now) / 1000;
		left.tv_nsec = next <= now ? 0 : (next - now) % 1000 * 1000000;
		r = ppoll(pf, (nfds_t)m, next == INT64_MAX ? NULL : &left,
		    &none);
		if (r < 0 && errno == EINTR)
			break;
		for (i = 0; r > 0 && i < m; i++)
			if (pf[i].revents)
				got(who[i], pf[i].fd);
		now = df_mono_ms();
		for (i = 0; i < n; i++) {
			if (c[i] == NULL || c[i]->ended)
				continue;
			check_end(c[i], now);
			ended += c[i]->ended;
		}
		if (ended || now >= until)
			break;
	}
	free(pf);
	free(who);
	return ended;
}

/* ---- programs of ours ---- */

char *
df_find_program(const char *name)
{
	const char *path = getenv("PATH"), *s, *end;
	struct df_buf b = DF_BUF_INIT;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? df_strdup(name) : NULL;
	if (path == NULL || *path == '\0')
		path = "/usr/local/bin:/usr/bin:/bin";
	for (s = path; ; s = end + 1) {
		end = strchr(s, ':');
		if (end == NULL)
			end = s + strlen(s);
		if (*s == '/') {
			df_buf_reset(&b);
			df_buf_add(&b, s, (size_t)(end - s));
			df_buf_fmt(&b, "/%s", name);
			if (access(b.s, X_OK) == 0)
				return df_buf_detach(&b);
		}
		if (*end == '\0')
			break;
	}
	df_buf_release(&b);
	return NULL;
}

/* Feed in and drain out and err at once, so that no pipe fills up. */
static int
pump(int fin, int fout, int ferr, const struct df_buf *in, struct df_buf *out,
    struct df_buf *err)
{
	struct df_buf *dst[2] = { out, err };
	struct pollfd pf[3] = { { fout, POLLIN, 0 }, { ferr, POLLIN, 0 },
	    { fin, POLLOUT, 0 } };
	char buf[65536];
	size_t off = 0;
	ssize_t n;
	int i;

	while (pf[0].fd >= 0 || pf[1].fd >= 0 || pf[2].fd >= 0) {
		if (poll(pf, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		for (i = 0; i < 2; i++) {
			if (pf[i].fd < 0 || !pf[i].revents)
				continue;
			n = read(pf[i].fd, buf, sizeof(buf));
			if (n > 0 && dst[i])
				df_buf_add(dst[i], buf, (size_t)n);
			if (n == 0 || (n < 0 && errno != EINTR)) {
				close(pf[i].fd);
				pf[i].fd = -1;
			}
		}
		if (pf[2].fd < 0 || !pf[2].revents)
			continue;
		n = write(pf[2].fd, in->s + off, in->n - off < 65536 ?
		    in->n - off : 65536);
		if (n > 0)
			off += (size_t)n;
		if (off == in->n || (n < 0 && errno != EINTR)) {
			close(pf[2].fd);
			pf[2].fd = -1;
		}
	}
	return off == (in ? in->n : 0) ? 0 : -1;
}

static int
spawn(char *const argv[], char *const env[], int dir, int in, int out,
    int err, pid_t *pid, struct df_err *e)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t set;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&fa, in, 0);
	else
		posix_spawn_file_actions_addopen(&fa, 0, "/dev/null",
		    O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&fa, err, 2);
	if (dir >= 0)
		posix_spawn_file_actions_addfchdir_np(&fa, dir);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&at, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&at, &set);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(pid, argv[0], &fa, &at, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	errno = r;
	return r == 0 ? 0 : df_fail_errno(e, DF_EXTERNAL, "spawn",
	    "cannot run %s", argv[0]);
}

int
df_run_program(char *const argv[], char *const env[], int dir,
    const struct df_buf *in, int infd, struct df_buf *out,
    struct df_buf *err, struct df_err *e)
{
	int pin[2] = { -1, -1 }, pout[2] = { -1, -1 }, perr[2] = { -1, -1 };
	void (*pipe_was)(int);
	pid_t pid;
	int r, status = 0;

	if ((in && pipe2(pin, O_CLOEXEC) < 0) || pipe2(pout, O_CLOEXEC) < 0 ||
	    pipe2(perr, O_CLOEXEC) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "spawn", "pipe");
	r = spawn(argv, env, dir, in ? pin[0] : infd, pout[1], perr[1], &pid,
	    e);
	if (in)
		close(pin[0]);
	close(pout[1]);
	close(perr[1]);
	if (r < 0) {
		if (in)
			close(pin[1]);
		close(pout[0]);
		close(perr[0]);
		return -1;
	}
	pipe_was = signal(SIGPIPE, SIG_IGN);
	(void)pump(pin[1], pout[0], perr[0], in, out, err);
	(void)signal(SIGPIPE, pipe_was);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return df_fail_errno(e, DF_EXTERNAL, "spawn",
			    "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
df_open_program(char *const argv[], char *const env[], int dir, long *out,
    struct df_err *e)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return df_fail_errno(e, DF_EXTERNAL, "spawn", "pipe");
	if (spawn(argv, env, dir, -1, p[1], -1, &pid, e) < 0) {
		close(p[0]);
		close(p[1]);
		return -1;
	}
	close(p[1]);
	*out = pid;
	return p[0];
}
