#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "evidence/age.h"
#include "evidence/keyfind.h"
#include "run/place.h"
#include "sign.h"

/* Which key a role has, whose it is, and whether it comes with an identity. */
static const struct {
	enum df_role role;
	const char *as;
	int age;
} roster[] = {
	{ DF_ROLE_RUN, "operator", 0 },
	{ DF_ROLE_BUILD, "operator", 0 },
	{ DF_ROLE_ADMIN, "operator", 0 },
	{ DF_ROLE_HOLDOUT, "evaluator", 1 },
	{ DF_ROLE_APPROVE, "approver", 1 },
	{ DF_ROLE_ROOT, "root", 0 },
};

/* Is it what a roster takes, before anything is made? */
static int
check_person(const char *person, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	int r;

	df_buf_fmt(&b, "%s+operator", person);
	r = df_principal_check(b.s, e);
	df_buf_release(&b);
	return r;
}

/* An interrupted init left some keys: they are used. */
static int
make_keys(int dir, const char *person, struct df_err *e)
{
	char name[64], comment[160], recipient[DF_AGE_KEY_STR];
	struct df_pubkey pub;
	size_t i;

	for (i = 0; i < DF_LEN(roster); i++) {
		snprintf(name, sizeof(name), "%s",
		    df_role_name(roster[i].role));
		snprintf(comment, sizeof(comment), "%s+%s %s", person,
		    roster[i].as, name);
		if (faccessat(dir, name, F_OK, 0) < 0 &&
		    df_key_generate(dir, name, comment, NULL, &pub, e) < 0)
			return -1;
		if (!roster[i].age)
			continue;
		snprintf(name, sizeof(name), "%s.age",
		    df_role_name(roster[i].role));
		if (faccessat(dir, name, F_OK, 0) < 0 &&
		    df_age_identity_new(dir, name, recipient, e) < 0)
			return -1;
	}
	return 0;
}

static int
list_recipient(const char *keys, const char *person, size_t i,
    struct df_buf *b, struct df_err *e)
{
	char str[DF_AGE_KEY_STR];
	struct df_buf path = DF_BUF_INIT;
	struct df_age_id *id;
	size_t n;

	df_buf_fmt(&path, "%s/%s.age", keys, df_role_name(roster[i].role));
	id = df_age_identity_file(path.s, &n, e);
	df_buf_release(&path);
	if (id == NULL)
		return -1;
	df_buf_fmt(b, "# %s+%s namespaces=\"%s\"\n%s\n", person,
	    roster[i].as, df_role_name(roster[i].role),
	    df_age_recipient_str(id[0].pk, str));
	df_age_id_free(id, n);
	return 0;
}

/* The rosters that the keys make. */
static int
list_keys(const char *keys, const char *person, struct df_buf *signers,
    struct df_buf *recipients, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_key *k;
	size_t i;
	int r = 0;

	for (i = 0; i < DF_LEN(roster) && r == 0; i++) {
		df_buf_reset(&path);
		df_buf_fmt(&path, "%s/%s", keys, df_role_name(
		    roster[i].role));
		k = df_key_open(path.s, e);
		if (k == NULL) {
			r = -1;
			break;
		}
		df_buf_fmt(signers, "%s+%s namespaces=\"%s\" ", person,
		    roster[i].as, df_role_name(roster[i].role));
		df_pubkey_str(df_key_pub(k), signers);
		df_buf_ch(signers, '\n');
		df_key_free(k);
		if (roster[i].age)
			r = list_recipient(keys, person, i, recipients, e);
	}
	df_buf_release(&path);
	return r;
}

int
df_sign_trust(int dir, const struct df_buf *signers,
    const struct df_buf *recipients, const char *key, char fp[DF_FP_STR],
    struct df_err *e)
{
	struct df_key *root = df_key_open(key, e);
	struct df_trust t = { 0 };
	int r;

	if (root == NULL)
		return -1;
	(void)df_fingerprint(df_key_pub(root), fp);
	r = df_trust_write(dir, signers, recipients, NULL, 0, root, &t, e);
	df_trust_release(&t);
	df_key_free(root);
	return r;
}

struct df_key *
df_sign_key(enum df_role role, struct df_err *e)
{
	struct df_buf path = DF_BUF_INIT;
	struct df_key *k;

	if (df_args.key && *df_args.key)
		return df_key_find(df_args.key, (int)role, NULL, e);
	df_keys_path(&path, df_role_name(role));
	k = df_key_open(path.s, e);
	df_buf_release(&path);
	return k;
}

static int
open_keys(const char *path, struct df_err *e)
{
	int dir;

	if (df_mkdirs(AT_FDCWD, path, 1, 0700, e) < 0)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return df_fail_errno(e, DF_EXTERNAL, "sign.keys", "%s", path);
	if (df_private(dir, path, e) == 0)
		return dir;
	close(dir);
	return -1;
}

static int
new_trust(const char *path, const char *keys, const char *person,
    char fp[DF_FP_STR], struct df_err *e)
{
	struct df_buf signers = DF_BUF_INIT, recipients = DF_BUF_INIT;
	struct df_buf key = DF_BUF_INIT;
	const char *slash = strrchr(path, '/');
	char *parent = slash && slash > path ? df_strndup(path,
	    (size_t)(slash - path)) : df_strdup(slash ? "/" : ".");
	struct df_place p;
	int r;

	df_buf_fmt(&key, "%s/%s", keys, df_role_name(DF_ROLE_ROOT));
	r = list_keys(keys, person, &signers, &recipients, e);
	if (r == 0)
		r = df_place_make(&p, parent, e);
	if (r == 0) {
		r = df_sign_trust(p.dir, &signers, &recipients, key.s, fp, e);
		if (r == 0)
			r = df_place_publish(&p, slash ? slash + 1 : path, e);
		df_place_close(&p);
	}
	df_buf_release(&signers);
	df_buf_release(&recipients);
	df_buf_release(&key);
	free(parent);
	return r;
}

int
df_sign_init(const char *trust, const char *keys, const char *person,
    char fp[DF_FP_STR], struct df_err *e)
{
	int dir, r;

	if (check_person(person, e) < 0 || (dir = open_keys(keys, e)) < 0)
		return -1;
	r = make_keys(dir, person, e) < 0 ? -1 : new_trust(trust, keys, person,
	    fp, e);
	close(dir);
	return r;
}
