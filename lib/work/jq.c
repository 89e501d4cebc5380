#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <jq.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "work/jq.h"

#define MEMORY ((rlim_t)1 << 30)

/* Shadows what would look outside.  One line, so that line numbers stay. */
static const char prelude[] =
    "def df_no: error(\"not available here\");"
    "def now: df_no; def env: {}; def input: df_no; def inputs: df_no;"
    "def debug: .; def stderr: .; def input_filename: null;"
    "def input_line_number: 0; def localtime: df_no;"
    "def strflocaltime(f): df_no; def mktime: df_no;"
    "def get_search_list: []; def modulemeta: df_no; ";

/* Words that bind before a definition could shadow them. */
static const char *
forbidden(const char *program)
{
	static const char *const word[] = { "$ENV", "import", "include",
	    "$__prog_args" };
	const char *s, *end;
	size_t i, n;

	for (i = 0; i < DF_LEN(word); i++) {
		n = strlen(word[i]);
		for (s = program; (s = strstr(s, word[i])) != NULL; s += n) {
			end = s + n;
			if ((s == program || !strchr("abcdefghijklmnopqrstuvwx"
			    "yzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.\"",
			    s[-1])) && (*end == ' ' || *end == '"' ||
			    *end == '\n' || *end == '\t' || *word[i] == '$'))
				return word[i];
		}
	}
	return NULL;
}

static void
on_error(void *arg, jv msg)
{
	struct df_buf *b = arg;
	jv s = jq_format_error(msg);

	if (b->n == 0 && jv_get_kind(s) == JV_KIND_STRING)
		df_buf_add(b, jv_string_value(s), strcspn(jv_string_value(s),
		    "\n"));
	jv_free(s);
}

/* In the child: "+" and results, or "-kind:message", to fd. */
static void
child(const char *program, jv input, int fd)
{
	struct df_buf out = DF_BUF_INIT, text = DF_BUF_INIT;
	struct df_buf said = DF_BUF_INIT;
	struct df_err e;
	jq_state *jq = jq_init();
	jv v, msg, list = jv_array();
	int bad = 0;

	df_buf_fmt(&text, "%s%s", prelude, program);
	jq_set_error_cb(jq, on_error, &said);
	if (!jq_compile(jq, text.s)) {
		df_buf_fmt(&out, "-c%s", said.s);
		bad = 1;
	}
	if (!bad) {
		jq_start(jq, input, 0);
		while (jv_is_valid(v = jq_next(jq)))
			list = jv_array_append(list, v);
		if (jv_invalid_has_msg(jv_copy(v))) {
			msg = jv_invalid_get_msg(v);
			df_buf_str(&out, "-r");
			if (jv_get_kind(msg) == JV_KIND_STRING)
				df_buf_str(&out, jv_string_value(msg));
			bad = 1;
		}
	}
	if (!bad) {
		df_buf_ch(&out, '+');
		if (df_json_write(&out, list, &e) < 0) {
			df_buf_reset(&out);
			df_buf_fmt(&out, "-r%s", e.msg);
		} else if (out.n > DF_JQ_OUTPUT) {
			df_buf_reset(&out);
			df_buf_str(&out, "-routput is too large");
		}
	}
	_exit(df_write_fd(fd, out.s, out.n, "jq", &e) < 0);
}

static void
limits(int64_t ms)
{
	struct rlimit rl;
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(DF_EXTERNAL);
	rl.rlim_cur = (rlim_t)((ms + 999) / 1000);
	rl.rlim_max = rl.rlim_cur + 1;
	(void)setrlimit(RLIMIT_CPU, &rl);
#ifndef DF_ASAN
	rl.rlim_cur = rl.rlim_max = MEMORY;
	(void)setrlimit(RLIMIT_AS, &rl);
#endif
	rl.rlim_cur = rl.rlim_max = 0;
	(void)setrlimit(RLIMIT_CORE, &rl);
	(void)clearenv();
}

/* Read what the child says until it is done or its time is over. */
static int
listen_to(int fd, int64_t ms, struct df_buf *b)
{
	struct pollfd pf = { fd, POLLIN, 0 };
	int64_t end = df_mono_ms() + ms * 4 + 1000, left;
	ssize_t n;
	int r;

	for (;;) {
		left = end - df_mono_ms();
		r = poll(&pf, 1, left > 0 ? (int)left : 0);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		n = read(fd, df_buf_room(b, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		b->n += (size_t)n;
		b->s[b->n] = '\0';
	}
}

jv
df_jq_run(const char *program, jv input, int64_t ms, const char *what,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	const char *word = forbidden(program);
	int p[2], late, status = 0;
	pid_t pid;
	jv v = jv_invalid();

	if (word) {
		jv_free(input);
		(void)df_fail(e, DF_INPUT, "jq.compile",
		    "%s: %s is not available here", what, word);
		return v;
	}
	if (pipe2(p, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		jv_free(input);
		(void)df_fail_errno(e, DF_EXTERNAL, "jq", "cannot run jq");
		return v;
	}
	if (pid == 0) {
		close(p[0]);
		limits(ms);
		child(program, input, p[1]);
	}
	jv_free(input);
	close(p[1]);
	late = listen_to(p[0], ms, &b) < 0;
	if (late)
		(void)kill(pid, SIGKILL);
	close(p[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (late || (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU ||
	    WTERMSIG(status) == SIGKILL)))
		(void)df_fail(e, DF_EXHAUSTED, "jq.time",
		    "%s: took more than %lld ms", what, (long long)ms);
	else if (b.n > 2 && b.s[0] == '-' && b.s[1] == 'c')
		(void)df_fail(e, DF_INPUT, "jq.compile", "%s: %s", what,
		    b.s + 2);
	else if (b.n && b.s[0] == '+' && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		v = df_json_parse(b.s + 1, b.n - 1, 0, what, e);
	else if (b.n > 1 && b.s[0] == '-' && b.s[1] == 'r')
		(void)df_fail(e, DF_INPUT, "jq.run", "%s: %s", what,
		    b.n > 2 ? b.s + 2 : "the program failed");
	else
		(void)df_fail(e, DF_EXTERNAL, "jq.died",
		    "%s: jq ended without a result: too little memory?", what);
	df_buf_release(&b);
	return v;
}
