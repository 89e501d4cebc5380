#include "base/df.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/out.h"
#include "evidence/merkle.h"
#include "evidence/note.h"
#include "log.h"
#include "run/outside.h"
#include "run/step.h"

/* A leaf is a line without its LF; torn bytes are none. */
static int
on_line(void *arg, const struct df_event *ev, struct df_err *e)
{
	(void)e;
	df_merkle_add(arg, ev->line, ev->len - 1);
	return 0;
}

/* Of exactly the lines that were folded. */
static int
root(const struct df_run *r, struct df_checkpoint *c, struct df_err *e)
{
	struct df_merkle m = { 0 };
	struct df_log l;
	int ret;

	if (df_log_open(&l, r->dir, "log.jsonl", DF_LOG_READ, e) < 0)
		return -1;
	ret = df_log_read(&l, on_line, &m, e);
	if (ret == 0 && (l.seq != r->log.seq || !df_digest_eq(&l.head,
	    &r->log.head)))
		ret = df_fail(e, DF_CONFLICT, "log.changed",
		    "the log grew meanwhile: try again");
	df_log_close(&l);
	c->size = m.n;
	df_merkle_root(&m, &c->root);
	return ret;
}

static int
put(const struct df_run *r, const char *output, const struct df_buf *b,
    struct df_err *e)
{
	if (output == NULL) {
		df_out_raw(b->s, b->n);
		return 0;
	}
	if (df_outside_check(r, output, "checkpoint.place",
	    "whose log it is kept apart from", e) < 0 ||
	    df_replace_file(AT_FDCWD, output, b->s, b->n, 0644, e) < 0)
		return -1;
	df_out(output);
	return 0;
}

static int
checkpoint(struct df_step *st, const char *origin, int vkey, struct df_buf *b,
    struct df_err *e)
{
	struct df_checkpoint c = { .origin = origin,
	    .norigin = strlen(origin) };
	struct df_buf text = DF_BUF_INIT;
	int r;

	if (vkey) {
		df_vkey_write(b, origin, df_key_pub(st->key));
		df_buf_ch(b, '\n');
		return 0;
	}
	r = root(&st->run, &c, e);
	if (r == 0) {
		df_checkpoint_write(&text, &c);
		r = df_note_sign(b, &text, origin, st->key, e);
	}
	df_buf_release(&text);
	return r;
}

int
df_log_checkpoint(const char *origin, int vkey, const char *output)
{
	struct df_buf b = DF_BUF_INIT, own = DF_BUF_INIT;
	char hex[DF_DIGEST_STR];
	struct df_step st;
	struct df_err e;
	int r;

	if (origin && df_origin_check(origin, &e) < 0)
		df_die(&e);
	if (df_step_open(&st, DF_ROLE_RUN, DF_RUN_BRIEF, &e) < 0)
		df_die(&e);
	df_buf_fmt(&own, "darkfactory/%s",
	    df_digest_str(&st.run.state.genesis, hex) + 7);
	r = checkpoint(&st, origin ? origin : own.s, vkey, &b, &e);
	if (r == 0)
		r = put(&st.run, output, &b, &e);
	if (r < 0)
		df_die(&e);
	df_buf_release(&b);
	df_buf_release(&own);
	df_step_close(&st);
	return DF_OK;
}
