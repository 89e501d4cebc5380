/*
 * df-store - blobs, trees and names of a run (plumbing).
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "evidence/tree.h"
#include "run/closed.h"
#include "run/place.h"
#include "run/prune.h"
#include "name.h"
#include "store.h"

static const char *o_now, *o_message;
static int o_tree, o_unsuperseded;

static void
open_run(struct df_run *r, int flags)
{
	struct df_err e;

	if (df_run_open(r, df_args.run, flags, &e) < 0)
		df_die(&e);
}

/* What was removed and said to be is not lost. */
static void
die_pruned(struct df_run *r, const struct df_digest *d, const char *what)
{
	if (df_pruned(r, d))
		df_diex(DF_NO, "store.pruned", "%.200s was removed: gc.swept, "
		    "log line %llu", what, (unsigned long long)df_prune_line(r,
		    d));
}

/* A digest, or the digest of a name of the run whose event is verified. */
static void
resolve(struct df_run *r, const char *what, int tree, struct df_digest *d)
{
	const struct df_name *n;
	struct df_err e;

	if (df_digest_parse(d, what, strlen(what)) == 0 ||
	    df_digest_parse_hex(d, what, strlen(what)) == 0) {
		die_pruned(r, d, what);
		if (!df_store_has(&r->store, d))
			df_diex(DF_NO, "store.missing",
			    "the store has no such blob");
		return;
	}
	n = df_run_find(r, what);
	if (n == NULL)
		df_diex(DF_NO, "name.unknown", "the run has no %.200s", what);
	if (tree && strcmp(n->media, DF_TREE_MEDIA) != 0)
		df_diex(DF_INPUT, "name.type", "%s is no tree", what);
	if (df_run_verify(r, &r->giver[n->giver], &e) < 0)
		df_die(&e);
	die_pruned(r, &n->digest, what);
	*d = n->digest;
}

/* ---- put ---- */

static void
put_one(struct df_run *r, const char *path, struct df_digest *d,
    uint64_t *size)
{
	struct df_tree_stat st;
	struct df_err e;
	struct stat sb;
	int fd;

	*size = 0;
	if (strcmp(path, "-") == 0) {
		if (df_store_put_fd(&r->store, STDIN_FILENO, DF_BLOB_MAX,
		    "stdin", d, size, &e) < 0)
			df_die(&e);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | (o_tree ? O_DIRECTORY : 0));
	if (fd < 0)
		df_diex(DF_INPUT, "store.file", "%s: %s", path,
		    strerror(errno));
	if (!o_tree && fstat(fd, &sb) == 0 && S_ISDIR(sb.st_mode))
		df_diex(DF_INPUT, "store.file", "%s is a directory: --tree "
		    "stores it", path);
	if (o_tree ? df_tree_put(&r->store, fd, path, NULL, d, &st, &e) < 0 :
	    df_store_put_fd(&r->store, fd, DF_BLOB_MAX, path, d, size, &e) <
	    0)
		df_die(&e);
	close(fd);
}

static int
put(char **operand, size_t n)
{
	char hex[DF_DIGEST_STR];
	struct df_run r;
	struct df_digest d;
	struct df_err e;
	uint64_t size;
	size_t i;

	if (n == 0)
		df_usage("put which FILE? - is stdin");
	open_run(&r, DF_RUN_BRIEF);
	if (r.state.sealed)
		df_diex(DF_REFUSED, "state.status", "the run is sealed");
	for (i = 0; i < n; i++) {
		put_one(&r, operand[i], &d, &size);
		/* A digest is printed when its bytes will stay. */
		if (df_store_barrier(&r.store, &e) < 0)
			df_die(&e);
		(void)df_digest_str(&d, hex);
		if (df_args.json)
			df_out_json(df_jset_str(df_jset_str(jv_object(),
			    "digest", hex), "file", operand[i]));
		else
			df_out(hex);
	}
	df_run_close(&r);
	return DF_OK;
}

/* ---- get ---- */

static int
get(char **operand, size_t n)
{
	struct df_run r;
	struct df_digest d;
	struct df_err e;
	char buf[65536];
	ssize_t k;
	int fd;

	if (n != 1)
		df_usage("get one NAME or DIGEST");
	open_run(&r, 0);
	resolve(&r, operand[0], 0, &d);
	/* Checked as a whole before the first byte goes out. */
	if (df_store_check(&r.store, &d, NULL, &e) < 0)
		df_die(&e);
	fd = df_store_fd(&r.store, &d, &e);
	if (fd < 0)
		df_die(&e);
	while ((k = read(fd, buf, sizeof(buf))) != 0) {
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			df_diex(DF_EXTERNAL, "store.read", "%s",
			    strerror(errno));
		df_out_raw(buf, (size_t)k);
	}
	close(fd);
	df_run_close(&r);
	return DF_OK;
}

/* ---- ls ---- */

/* Does the name equal a wanted one, or lie below it? */
static int
wanted(const char *name, char **operand, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (df_path_within(name, operand[i]))
			return 1;
	return n == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct df_name *const *)a)->name,
	    (*(const struct df_name *const *)b)->name);
}

static int
ls(char **operand, size_t n)
{
	char hex[DF_DIGEST_STR], size[24], seq[24];
	const char *cell[] = { NULL, hex, size, seq, NULL, "pruned" };
	const struct df_name **list, *x;
	struct df_run r;
	size_t i, found = 0;
	jv v;

	open_run(&r, 0);
	list = df_calloc(r.nname, sizeof(*list));
	for (i = 0; i < r.nname; i++)
		if (wanted(r.name[i].name, operand, n))
			list[found++] = &r.name[i];
	qsort(list, found, sizeof(*list), by_name);
	for (i = 0; i < found; i++) {
		x = list[i];
		(void)df_digest_str(&x->digest, hex);
		if (df_args.json) {
			v = df_jset_str(jv_object(), "digest", hex);
			v = df_jset_str(v, "media_type", x->media);
			v = df_jset_str(v, "name", x->name);
			if (df_pruned(&r, &x->digest))
				v = df_jset_bool(v, "pruned", 1);
			v = df_jset_int(v, "seq", (int64_t)
			    r.giver[x->giver].seq);
			df_out_json(df_jset_int(v, "size",
			    (int64_t)x->size));
			continue;
		}
		snprintf(size, sizeof(size), "%llu",
		    (unsigned long long)x->size);
		snprintf(seq, sizeof(seq), "%llu",
		    (unsigned long long)r.giver[x->giver].seq);
		cell[0] = x->name;
		cell[4] = x->media;
		df_out_row(cell, df_pruned(&r, &x->digest) ? 6 : 5);
	}
	free(list);
	df_run_close(&r);
	return n && found == 0 ? DF_NO : DF_OK;
}

/* ---- trees ---- */

static int
print_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	char mode[8], hex[DF_DIGEST_STR] = "-", size[24];
	const char *cell[] = { mode, hex, size, t->path, "" };
	jv v;

	(void)arg;
	(void)e;
	snprintf(mode, sizeof(mode), "%06o", (unsigned)t->mode);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)t->size);
	if (t->mode == DF_TREE_LINK)
		cell[4] = t->target;
	else
		(void)df_digest_str(&t->digest, hex);
	if (df_args.json) {
		v = df_jset_str(jv_object(), "mode", mode);
		v = df_jset_str(v, "path", t->path);
		if (t->mode == DF_TREE_LINK)
			v = df_jset_str(v, "target", t->target);
		else
			v = df_jset_int(df_jset_str(v, "digest", hex), "size",
			    (int64_t)t->size);
		df_out_json(v);
	} else {
		df_out_row(cell, t->mode == DF_TREE_LINK ? 5 : 4);
	}
	return 0;
}

static int
tree(char **operand, size_t n)
{
	struct df_run r;
	struct df_digest d;
	struct df_err e;

	if (n != 1)
		df_usage("tree of one NAME or DIGEST");
	open_run(&r, 0);
	resolve(&r, operand[0], 1, &d);
	if (df_tree_walk(&r.store, &d, NULL, print_entry, NULL, &e) < 0)
		df_die(&e);
	df_run_close(&r);
	return DF_OK;
}

/* Every file of the tree is checked before it is written. */
static int
check_entry(void *arg, const struct df_tree_entry *t, struct df_err *e)
{
	return t->mode == DF_TREE_FILE || t->mode == DF_TREE_EXEC ?
	    df_store_check(arg, &t->digest, NULL, e) : 0;
}

static int
checkout(char **operand, size_t n)
{
	const char *slash;
	struct df_place p;
	struct df_run r;
	struct df_digest d;
	struct df_err e;
	char *parent;
	int ret;

	if (n != 2)
		df_usage("checkout NAME|DIGEST DIR");
	open_run(&r, 0);
	resolve(&r, operand[0], 1, &d);
	slash = strrchr(operand[1], '/');
	if (slash && slash[1] == '\0')
		df_usage("DIR without a slash at its end");
	parent = slash ? df_strndup(operand[1], slash == operand[1] ? 1 :
	    (size_t)(slash - operand[1])) : df_strdup(".");
	ret = df_tree_walk(&r.store, &d, NULL, check_entry, &r.store, &e);
	if (ret == 0)
		ret = df_place_open(&p, parent, &e);
	if (ret == 0) {
		ret = df_tree_checkout(&r.store, &d, p.dir, NULL, &e);
		if (ret == 0)
			ret = df_place_publish(&p, slash ? slash + 1 :
			    operand[1], &e);
		df_place_close(&p);
	}
	if (ret < 0)
		df_die(&e);
	free(parent);
	df_run_close(&r);
	df_name_say(operand[1]);
	return DF_OK;
}

/* ---- names ---- */

static int
names(char **operand, size_t n)
{
	struct df_run r;
	struct df_err e;

	(void)operand;
	if (n)
		df_usage("names takes no operand");
	open_run(&r, 0);
	if (df_run_relink(&r, df_args.dry, df_name_say, &e) < 0)
		df_die(&e);
	df_run_close(&r);
	return DF_OK;
}

/* ---- fsck ---- */

struct fsck {
	struct df_store *store;
	size_t blobs;
	uint64_t bytes;
	struct df_findings bad;
};

/* A finding keeps no copy of its code. */
static const char *
blob_code(const char *code)
{
	static const char *const known[] = { "store.digest", "store.missing",
	    "store.open", "store.read", "store.type" };
	size_t i;

	for (i = 0; i < DF_LEN(known); i++)
		if (strcmp(code, known[i]) == 0)
			return known[i];
	return "store.blob";
}

static void
say(const struct df_finding *x)
{
	struct df_buf b = DF_BUF_INIT;
	jv v;

	df_text_foreign(&b, x->place, strlen(x->place), DF_TEXT_LINE, 0, 200);
	if (df_args.json) {
		v = df_jset_str(jv_object(), "code", x->code);
		v = df_jset_str(v, "message", x->message);
		df_out_json(df_jset_strn(v, "place", b.s, b.n));
	} else {
		fprintf(stderr, "%s: %s [%s]\n", b.s, x->message, x->code);
	}
	df_buf_release(&b);
}

static int
check_blob(void *arg, const char *name, const struct df_digest *d, int bad)
{
	struct fsck *f = arg;
	struct df_err e;
	uint64_t size = 0;

	f->blobs++;
	if (bad) {
		if (!df_is_temp(name))
			df_finding_add(&f->bad, "store.name", name,
			    "is no name of a blob");
	} else if (df_store_check(f->store, d, &size, &e) < 0) {
		df_finding_add(&f->bad, blob_code(e.code), name, "%s", e.msg);
	}
	f->bytes += size;
	return 0;
}

/* Every blob has the bytes of its name, and every named one is there. */
static int
fsck(char **operand, size_t n)
{
	struct df_blobset set = { 0 };
	char hex[DF_DIGEST_STR];
	struct df_run r;
	struct df_err e;
	struct fsck f = { .store = &r.store };
	size_t i, pruned = 0;
	int ret;

	(void)operand;
	if (n)
		df_usage("fsck takes no operand");
	open_run(&r, DF_RUN_LINES);
	if (df_store_each(&r.store, check_blob, &f, &e) < 0)
		df_die(&e);
	if (df_gate_blobs(&r, &set, &e) < 0) {
		/* A tree that cannot be read hides what it names. */
		if (e.exit != DF_INTEGRITY)
			df_die(&e);
		df_finding_add(&f.bad, "store.tree", "a tree", "%s", e.msg);
	}
	for (i = 0; i < set.n; i++) {
		if (df_store_has(&r.store, &set.v[i].digest))
			continue;
		if (set.v[i].pruned)
			pruned++;
		else
			df_finding_add(&f.bad, "store.missing", df_digest_str(
			    &set.v[i].digest, hex) + 7,
			    "an event names this blob, and it is not there");
	}
	for (i = 0; i < f.bad.n; i++)
		say(&f.bad.v[i]);
	if (pruned)
		df_note("%zu of the blobs that are named were pruned", pruned);
	df_note("%zu blobs, %llu bytes, %zu named, %zu wrong", f.blobs,
	    (unsigned long long)f.bytes, set.n, f.bad.n);
	ret = f.bad.n ? DF_INTEGRITY : DF_OK;
	df_findings_release(&f.bad);
	df_blobset_release(&set);
	df_run_close(&r);
	return ret;
}

/* ---- gc ---- */

static int
gc(char **operand, size_t n)
{
	return df_store_gc(operand, n, o_now, o_unsuperseded, o_message);
}

/* ---- the table ---- */

static const struct df_opt put_opts[] = {
	{ 0, "tree", NULL, "each FILE is a directory: store it as a tree",
	    DF_OPT_FLAG, &o_tree, 0, 0 },
	DF_ARG_END
};
static const struct df_opt names_opts[] = { DF_ARG_DRY, DF_ARG_END };
static const struct df_opt gc_opts[] = {
	{ 0, "now", "TIME", "reckon ages up to then (default: the clock)",
	    DF_OPT_STR, &o_now, 0, 0 },
	{ 0, "unsuperseded", NULL, "also what no sealed run supersedes",
	    DF_OPT_FLAG, &o_unsuperseded, 0, 0 },
	{ 'm', "message", "WHY", "the reason that is recorded", DF_OPT_STR,
	    &o_message, 0, 0 },
	DF_ARG_FACTORY, DF_ARG_KEY, DF_ARG_TRUST, DF_ARG_DRY, DF_ARG_END
};
static const struct df_verb verbs[] = {
	{ "put", "[--tree] FILE...", "store bytes, write their digests",
	    put_opts, put },
	{ "get", "NAME|DIGEST", "write a blob, checked", NULL, get },
	{ "ls", "[NAME...]", "the names that the log has given", NULL, ls },
	{ "tree", "NAME|DIGEST", "the entries of a tree", NULL, tree },
	{ "checkout", "NAME|DIGEST DIR", "write a tree to a new directory",
	    NULL, checkout },
	{ "names", "[-n]", "make the links of names again", names_opts,
	    names },
	{ "fsck", "", "check every blob", NULL, fsck },
	{ "gc", "[-n] [--now TIME] [--unsuperseded] [-m WHY] [RUN...]",
	    "remove bulk that retention lets go", gc_opts, gc },
	{ NULL, NULL, NULL, NULL, NULL }
};
static const struct df_opt opts[] = {
	DF_ARG_RUN, DF_ARG_JSON, DF_ARG_QUIET, DF_ARG_VERBOSE, DF_ARG_END
};
static const struct df_tool tool = {
	"df-store", "VERB [options]",
	"Put, get and check the blobs, trees and names of a run.",
	opts, verbs,
	DF_EXIT(DF_OK) | DF_EXIT(DF_NO) | DF_EXIT(DF_USAGE) |
	    DF_EXIT(DF_INPUT) | DF_EXIT(DF_REFUSED) | DF_EXIT(DF_AUTH) |
	    DF_EXIT(DF_INTEGRITY) | DF_EXIT(DF_CONFLICT) |
	    DF_EXIT(DF_EXTERNAL),
	NULL
};

int
main(int argc, char **argv)
{
	return df_out_end(df_opt_run(&tool, argc, argv));
}
