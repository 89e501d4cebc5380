#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "run/run.h"
#include "log.h"

struct sig {
	uint64_t seq;
	int found;
	struct df_buf message, armor, ns;
};

/* What ssh-keygen -Y verify takes: the message, and the key with its
   signature in armor. */
static int
on_sig(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct sig *s = arg;
	struct df_buf blob = DF_BUF_INIT;
	int r;

	if (ev->seq != s->seq)
		return 0;
	s->found = 1;
	r = df_event_message(ev, &s->message, &blob, e);
	if (r == 0) {
		df_buf_str(&s->ns, df_role_name(ev->role));
		df_buf_add(&s->armor, blob.s, blob.n);
		df_buf_ch(&s->ns, '\n');
		df_buf_str(&s->ns, ev->actor);
	}
	df_buf_release(&blob);
	return r;
}

static int
write_sig(struct df_run *r, struct sig *s, const char *output,
    struct df_err *e)
{
	char *fp = strchr(s->ns.s, '\n'), name[64], signame[80];
	const struct df_signer *who;
	struct df_buf armor = DF_BUF_INIT, out = DF_BUF_INIT;
	struct df_sshsig x;
	int dir, ret;

	*fp++ = '\0';
	who = df_run_signer(r, fp);
	if (who == NULL)
		return df_fail(e, DF_AUTH, "trust.unknown",
		    "the run's roster does not have key %s", fp);
	memset(&x, 0, sizeof(x));
	x.key = who->key;
	snprintf(x.ns, sizeof(x.ns), "%s", s->ns.s);
	if (s->armor.n > sizeof(x.sig))
		return df_fail(e, DF_INTEGRITY, "log.sig",
		    "the signature is too long");
	memcpy(x.sig, s->armor.s, s->armor.n);
	x.siglen = s->armor.n;
	df_sshsig_write(&armor, &x);
	dir = open(output ? output : ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_INPUT, "log.output", "%s",
		    output);
	snprintf(name, sizeof(name), "event-%llu.json",
	    (unsigned long long)s->seq);
	snprintf(signame, sizeof(signame), "%s.sig", name);
	ret = df_replace_file(dir, name, s->message.s, s->message.n, 0644, e);
	if (ret == 0)
		ret = df_replace_file(dir, signame, armor.s, armor.n, 0644,
		    e);
	close(dir);
	if (ret == 0) {
		df_buf_fmt(&out, "%s/%s", output ? output : ".", name);
		df_out(out.s);
		df_buf_reset(&out);
		df_buf_fmt(&out, "%s/%s", output ? output : ".", signame);
		df_out(out.s);
		df_note("ssh-keygen -Y verify -f %s/trust/allowed_signers "
		    "-n %s -I %s -s %s <%s", r->path, x.ns, who->principal,
		    out.s, name);
	}
	df_buf_release(&armor);
	df_buf_release(&out);
	return ret;
}

int
df_log_sig(uint64_t seq, const char *output)
{
	struct sig s = { .seq = seq, .message = DF_BUF_INIT,
	    .armor = DF_BUF_INIT, .ns = DF_BUF_INIT };
	struct df_log l;
	struct df_run r;
	struct df_err e;
	int dir;

	df_log_of_args(&l, &dir);
	if (df_log_read(&l, on_sig, &s, &e) < 0)
		df_die(&e);
	df_log_close(&l);
	close(dir);
	if (!s.found)
		df_diex(DF_NO, "log.line", "the log has no line %llu",
		    (unsigned long long)seq);
	if (df_run_open(&r, df_args.run, DF_RUN_BRIEF, &e) < 0 ||
	    write_sig(&r, &s, output, &e) < 0)
		df_die(&e);
	df_run_close(&r);
	df_buf_release(&s.message);
	df_buf_release(&s.armor);
	df_buf_release(&s.ns);
	return DF_OK;
}
