#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "evidence/age.h"
#include "work/spawn.h"
#include "work/unseal.h"

extern char **environ;

static int
with_command(const char *command, const struct df_buf *age,
    struct df_buf *plain, struct df_err *e)
{
	char *argv[] = { df_strdup("/bin/sh"), df_strdup("-c"),
	    df_strdup(command), NULL };
	struct df_buf err = DF_BUF_INIT;
	int r;
	size_t i;

	r = df_run_program(argv, environ, -1, age, -1, plain, &err, e);
	for (i = 0; argv[i]; i++)
		free(argv[i]);
	if (r > 0)
		r = df_fail(e, DF_AUTH, "unseal.command",
		    "$DF_UNSEAL ended with status %d: %.*s", r,
		    (int)strcspn(err.s, "\n"), err.s);
	df_buf_release(&err);
	return r;
}

int
df_unseal(const struct df_buf *age, enum df_role role, struct df_buf *plain,
    struct df_err *e)
{
	const char *command = getenv("DF_UNSEAL");
	struct df_buf path = DF_BUF_INIT;
	struct df_age_id *id;
	size_t n;
	int r;

	if (df_args.identity && *df_args.identity) {
		df_buf_str(&path, df_args.identity);
	} else if (command && *command) {
		return with_command(command, age, plain, e);
	} else {
		df_keys_path(&path, df_role_name(role));
		df_buf_str(&path, ".age");
	}
	id = df_age_identity_file(path.s, &n, e);
	df_buf_release(&path);
	if (id == NULL) {
		if (e->hint[0] == '\0')
			(void)df_hint(e, "-i FILE names an age identity, "
			    "$DF_UNSEAL a command");
		return -1;
	}
	r = df_age_decrypt(plain, id, n, age->s, age->n, e);
	df_age_id_free(id, n);
	return r;
}
