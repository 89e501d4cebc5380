#include "base/df.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "evidence/sign-internal.h"

/* draft-miller-ssh-agent, section 6.1 */
#define LIST 11
#define LIST_ANSWER 12
#define SIGN 13
#define SIGN_ANSWER 14
#define MESSAGE_MAX ((size_t)256 << 10)	/* what ssh-agent takes and gives */

static int
agent_connect(struct df_err *e)
{
	const char *path = getenv("SSH_AUTH_SOCK");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || *path == '\0')
		return df_fail(e, DF_AUTH, "agent.none",
		    "no ssh-agent: SSH_AUTH_SOCK is not set");
	if (strlen(path) >= sizeof(sa.sun_path))
		return df_fail(e, DF_AUTH, "agent.none",
		    "no ssh-agent: the path in SSH_AUTH_SOCK is too long");
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return df_fail_errno(e, DF_EXTERNAL, "agent.socket",
		    "cannot make a socket");
	while (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EISCONN)
			break;
		df_fail_errno(e, DF_AUTH, "agent.none",
		    "cannot reach the ssh-agent at %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
send_all(int fd, const char *p, size_t n)
{
	ssize_t k;

	while (n) {
		k = send(fd, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* Exactly n bytes; an early end is EPIPE. */
static int
recv_all(int fd, char *p, size_t n)
{
	ssize_t k;

	while (n) {
		k = recv(fd, p, n, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k == 0)
			errno = EPIPE;
		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* Send one message and receive its answer, type byte first. */
static int
exchange(int fd, const struct df_buf *request, struct df_buf *answer,
    struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_wire w;
	uint32_t n = 0;
	char head[4];
	int r;

	df_wire_put(&b, request->s, request->n);
	r = send_all(fd, b.s, b.n);
	df_buf_release(&b);
	if (r == 0)
		r = recv_all(fd, head, sizeof(head));
	if (r == 0) {
		w.p = (uint8_t *)head;
		w.n = sizeof(head);
		if (df_wire_u32(&w, &n) < 0 || n == 0 || n > MESSAGE_MAX)
			return df_fail(e, DF_EXTERNAL, "agent.protocol",
			    "ssh-agent answered with %lu bytes",
			    (unsigned long)n);
		r = recv_all(fd, df_buf_room(answer, n), n);
	}
	if (r < 0)
		return df_fail_errno(e, DF_EXTERNAL, "agent.io",
		    "cannot talk to the ssh-agent");
	answer->n += n;
	answer->s[answer->n] = '\0';
	return 0;
}

static int
call(const struct df_buf *request, struct df_buf *answer, struct df_err *e)
{
	int fd, r;

	if (request->n > MESSAGE_MAX)
		return df_fail(e, DF_INPUT, "agent.size",
		    "%zu bytes are too many for the ssh-agent", request->n);
	fd = agent_connect(e);
	if (fd < 0)
		return -1;
	r = exchange(fd, request, answer, e);
	close(fd);
	return r;
}

static int
unexpected(struct df_err *e)
{
	return df_fail(e, DF_EXTERNAL, "agent.protocol",
	    "malformed answer of the ssh-agent");
}

int
df_agent_each(int (*fn)(void *arg, const struct df_pubkey *k), void *arg,
    struct df_err *e)
{
	struct df_buf request = DF_BUF_INIT, answer = DF_BUF_INIT;
	struct df_wire w, key, comment;
	struct df_pubkey k;
	struct df_err why;
	uint32_t i, n;
	int r;

	df_buf_ch(&request, LIST);
	r = call(&request, &answer, e);
	df_buf_release(&request);
	if (r == 0) {
		w.p = (uint8_t *)answer.s + 1;
		w.n = answer.n - 1;
		if (answer.s[0] != LIST_ANSWER || df_wire_u32(&w, &n) < 0)
			r = unexpected(e);
		for (i = 0; r == 0 && i < n; i++) {
			if (df_wire_string(&w, &key) < 0 ||
			    df_wire_string(&w, &comment) < 0)
				r = unexpected(e);
			else if (df_pubkey_parse_blob(&k, key.p, key.n, &why)
			    == 0)
				r = fn(arg, &k);
		}
	}
	df_buf_release(&answer);
	return r;
}

static int
on_key(void *arg, const struct df_pubkey *k)
{
	return df_pubkey_eq(arg, k);
}

int
df_agent_has(const struct df_pubkey *k, struct df_err *e)
{
	struct df_pubkey want = *k;

	return df_agent_each(on_key, &want, e);
}

int
df_agent_sign(const struct df_pubkey *k, const void *data, size_t n,
    struct df_buf *sig, struct df_err *e)
{
	struct df_buf request = DF_BUF_INIT, answer = DF_BUF_INIT;
	struct df_buf blob = DF_BUF_INIT;
	struct df_wire w, s;
	int r;

	df_pubkey_blob(k, &blob);
	df_buf_ch(&request, SIGN);
	df_wire_put(&request, blob.s, blob.n);
	df_wire_put(&request, data, n);
	df_wire_put_u32(&request, 0);
	r = call(&request, &answer, e);
	if (r == 0) {
		w.p = (uint8_t *)answer.s + 1;
		w.n = answer.n - 1;
		if (answer.s[0] != SIGN_ANSWER)
			r = df_fail(e, DF_AUTH, "agent.refused",
			    "ssh-agent does not sign with this key");
		else if (df_wire_string(&w, &s) < 0 || w.n != 0 ||
		    s.n > DF_SIGBLOB_MAX)
			r = unexpected(e);
		else
			df_buf_add(sig, s.p, s.n);
	}
	df_buf_release(&request);
	df_buf_release(&answer);
	df_buf_release(&blob);
	return r;
}
