#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "run/heads.h"
#include "verify.h"

struct first {
	struct df_digest digest;
	int found;
};

/* The rest may be broken: line 1 is all that is needed. */
static int
on_first(void *arg, const struct df_event *ev, struct df_err *e)
{
	struct first *f = arg;

	f->digest = ev->digest;
	f->found = 1;
	return df_fail(e, DF_NO, "verify.forget", "enough");
}

static int
genesis(const char *path, struct df_digest *d, struct df_err *e)
{
	struct first f = { .found = 0 };
	struct df_log l;
	int dir, r;

	if (path == NULL || *path == '\0')
		return df_fail(e, DF_USAGE, "run.which", "forget which run?");
	if (df_digest_parse(d, path, strlen(path)) == 0)
		return 0;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_INPUT, "run.open", "run %s", path);
	r = df_log_open(&l, dir, "log.jsonl", DF_LOG_READ, e);
	if (r == 0) {
		r = df_log_read(&l, on_first, &f, e);
		df_log_close(&l);
	}
	close(dir);
	if (!f.found)
		return r < 0 ? -1 : df_fail(e, DF_INTEGRITY, "log.empty",
		    "%s: the log has no event", path);
	*d = f.digest;
	return 0;
}

int
df_verify_forget(const char *path)
{
	char hex[DF_DIGEST_STR];
	struct df_digest d;
	struct df_err e;
	int r = genesis(path, &d, &e);

	if (r == 0)
		r = df_heads_forget(&d, &e);
	if (r < 0) {
		df_err_print(&e);
		return e.exit;
	}
	if (r == 0) {
		df_note("no head of %s is remembered", df_digest_str(&d,
		    hex));
		return DF_NO;
	}
	df_out(df_digest_str(&d, hex));
	return DF_OK;
}
