#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "run/hold.h"

int
df_hold_take(struct df_hold *h, struct df_run *r, const char *name,
    const char *who, struct df_err *e)
{
	char file[64];

	h->dir = h->lock = -1;
	if (df_mkdirs(r->dir, "work", 1, 0700, e) < 0)
		return -1;
	snprintf(file, sizeof(file), "%s.lock", name);
	h->dir = openat(r->dir, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (h->dir >= 0)
		h->lock = openat(h->dir, file, O_RDWR | O_CREAT | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (h->lock < 0)
		(void)df_fail_errno(e, DF_EXTERNAL, "run.hold", "work/%s",
		    file);
	else if (df_lock(h->lock, who == NULL, who ? who : file, e) == 0 &&
	    df_run_refresh(r, e) == 0)
		return 0;
	df_hold_drop(h);
	return -1;
}

void
df_hold_drop(struct df_hold *h)
{
	if (h->lock >= 0)
		close(h->lock);
	if (h->dir >= 0)
		close(h->dir);
	h->dir = h->lock = -1;
}

int
df_hold_free(const struct df_run *r, const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "work/%s.lock", name);
	return df_lock_free(r->dir, file) == 1;
}
