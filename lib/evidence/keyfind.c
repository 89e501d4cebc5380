#include "base/df.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "evidence/keyfind.h"
#include "evidence/sign-internal.h"

#define KEY_BYTES ((size_t)16 << 10)

/* A key that is here. */
struct here {
	struct df_pubkey pub;
	char *path;		/* the private half, or the public one; NULL:
				   only the agent has it */
};

struct search {
	const char *what;	/* a fingerprint, or a principal */
	int role;
	const struct df_trust *t;	/* of a principal; else NULL */
	int64_t now;
	char *dir;
	struct here *v;
	size_t n, cap;
};

/* ---- which are meant ---- */

static int
serves(const struct search *s, const struct df_signer *g)
{
	return (s->role < 0 || (g->roles & DF_ROLE_BIT(s->role))) &&
	    df_trust_revoked(s->t, g->fp) == NULL && (g->before == 0 ||
	    s->now <= g->before);
}

static int
meant(const struct search *s, const struct df_pubkey *k)
{
	const struct df_signer *g;
	char fp[DF_FP_STR];

	(void)df_fingerprint(k, fp);
	if (s->t == NULL)
		return strcmp(fp, s->what) == 0;
	g = df_trust_find(s->t, fp);
	return g && strcmp(g->principal, s->what) == 0 && serves(s, g);
}

/* The first place that a key is found in is where it is taken from. */
static void
found(struct search *s, const struct df_pubkey *k, const char *path)
{
	size_t i;

	if (!meant(s, k))
		return;
	for (i = 0; i < s->n; i++)
		if (df_pubkey_eq(&s->v[i].pub, k))
			return;
	DF_GROW(s->v, s->n, s->cap);
	s->v[s->n].pub = *k;
	s->v[s->n++].path = path ? df_strdup(path) : NULL;
}

/* ---- where they are ---- */

static int
public_half(const char *path, struct df_pubkey *k)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err why;
	int r;

	r = df_read_file(AT_FDCWD, path, &b, KEY_BYTES, &why);
	if (r == 0)
		r = df_pubkey_parse(k, b.s, b.n, &why);
	df_buf_release(&b);
	return r;
}

static void
look_file(struct search *s, const char *name)
{
	struct df_buf path = DF_BUF_INIT, pub = DF_BUF_INIT;
	size_t n = strlen(name);
	struct df_pubkey k;
	struct df_err why;
	struct df_key *key;

	df_buf_fmt(&path, "%s/%s", s->dir, name);
	if (n > 4 && strcmp(name + n - 4, ".pub") == 0) {
		if (public_half(path.s, &k) == 0) {
			df_buf_add(&pub, path.s, path.n - 4);
			found(s, &k, access(pub.s, F_OK) == 0 ? pub.s :
			    path.s);
		}
	} else {
		df_buf_fmt(&pub, "%s.pub", path.s);
		key = access(pub.s, F_OK) < 0 ? df_key_open(path.s, &why) :
		    NULL;
		if (key)
			found(s, df_key_pub(key), path.s);
		df_key_free(key);
	}
	df_buf_release(&path);
	df_buf_release(&pub);
}

static int
on_agent(void *arg, const struct df_pubkey *k)
{
	found(arg, k, NULL);
	return 0;
}

static void
look(struct search *s)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err why;
	struct dirent *d;
	DIR *dir;

	df_keys_path(&b, "");
	df_buf_cut(&b, b.n - 1);
	s->dir = df_buf_detach(&b);
	dir = opendir(s->dir);
	while (dir && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			look_file(s, d->d_name);
	if (dir)
		closedir(dir);
	/* Without an agent there are only files. */
	(void)!df_agent_each(on_agent, s, &why);
}

/* ---- saying so ---- */

static void
list(const struct search *s, struct df_buf *b)
{
	char fp[DF_FP_STR];
	size_t i;

	for (i = 0; i < s->n && i < 8; i++)
		df_buf_fmt(b, "%s%s", i ? ", " : "", df_fingerprint(
		    &s->v[i].pub, fp));
	if (i < s->n)
		df_buf_fmt(b, " and %zu more", s->n - i);
}

/* Nobody of that name, none for the role, or not here. */
static int
none(const struct search *s, struct df_err *e)
{
	const struct df_signer *g, *one = NULL;
	size_t i, known = 0;

	for (i = 0; s->t && i < s->t->nsigner; i++) {
		g = &s->t->signer[i];
		if (strcmp(g->principal, s->what) != 0)
			continue;
		known++;
		if (serves(s, g))
			one = g;
	}
	if (s->t && known == 0)
		return df_fail(e, DF_INPUT, "key.open",
		    "cannot open key %.200s: there is no such file, and "
		    "nobody of that name is listed", s->what);
	if (s->t && one == NULL)
		return df_fail(e, DF_AUTH, "trust.role",
		    "%.200s has no key that may sign%s%s", s->what, s->role <
		    0 ? "" : " as ", s->role < 0 ? "" : df_role_name(
		    (enum df_role)s->role));
	(void)df_fail(e, DF_AUTH, "key.none",
	    "no key %s%.200s is in %.200s or in the ssh-agent", s->t ? "of " :
	    "", s->what, s->dir);
	return one ? df_hint(e, "it has the fingerprint %s", one->fp) : -1;
}

static struct df_key *
take(struct here *h, struct df_err *e)
{
	return h->path ? df_key_open(h->path, e) : df_key_agent(&h->pub);
}

static struct df_key *
search(struct search *s, struct df_err *e)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_key *k = NULL;
	size_t i;

	look(s);
	if (s->n == 0) {
		(void)none(s, e);
	} else if (s->n > 1) {
		list(s, &b);
		(void)df_fail(e, DF_INPUT, "key.ambiguous",
		    "%.200s has %zu keys here: name one of %.500s", s->what,
		    s->n, b.s);
	} else {
		k = take(&s->v[0], e);
	}
	for (i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	free(s->dir);
	df_buf_release(&b);
	return k;
}

struct df_key *
df_key_find(const char *what, int role, const struct df_trust *t,
    struct df_err *e)
{
	struct search s = { .what = what, .role = role, .now = df_now_ms() };
	struct df_trust_files f;
	struct df_trust usual = { 0 };
	char root[DF_FP_STR];
	struct df_key *k = NULL;
	struct df_err why;

	if (strncmp(what, "SHA256:", 7) == 0)
		return search(&s, e);
	if (strchr(what, '/') || access(what, F_OK) == 0 ||
	    df_principal_check(what, &why) < 0)
		return df_key_open(what, e);
	df_trust_files_init(&f);
	if (t)
		s.t = t;
	else if (df_trust_usual(&f, &usual, root, &why) == 0)
		s.t = &usual;
	k = s.t ? search(&s, e) : df_key_open(what, e);
	df_trust_files_release(&f);
	df_trust_release(&usual);
	return k;
}
