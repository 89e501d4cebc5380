/*
 * What was found, in the format that was asked for.
 */
#include "base/df.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/schema.h"
#include "base/text.h"
#include "spec/diag.h"
#include "validate.h"

static enum { TEXT, JSON, GITHUB, SARIF } format;
static struct df_sarif sarif;

/* ---- paths ---- */

static char *root;		/* of the repository, or the directory */
static struct df_buf shown;	/* the last path, */
static char *shown_of;		/* and as it was given */

/* An absolute path without "." and "..", whether it exists or not. */
static void
absolute(struct df_buf *b, const char *path)
{
	char cwd[PATH_MAX];
	size_t n;

	df_buf_reset(b);
	if (*path != '/' && getcwd(cwd, sizeof(cwd)) && cwd[1])
		df_buf_str(b, cwd);
	while (*path) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			while (b->n && b->s[b->n - 1] != '/')
				df_buf_cut(b, b->n - 1);
			if (b->n)
				df_buf_cut(b, b->n - 1);
		} else if (n && !(n == 1 && *path == '.')) {
			df_buf_ch(b, '/');
			df_buf_add(b, path, n);
		}
		path += n;
	}
}

/* The part of an absolute path that is below the root, or NULL. */
static const char *
below(const char *path)
{
	size_t n = strlen(root);

	if (strncmp(path, root, n) != 0)
		return NULL;
	return path[n] == '/' && path[n + 1] ? path + n + 1 :
	    path[n] == '\0' ? "." : NULL;
}

static void
find_root(void)
{
	const char *w = getenv("GITHUB_WORKSPACE");
	struct df_buf b = DF_BUF_INIT;

	absolute(&b, w && *w ? w : ".");
	root = df_buf_detach(&b);
}

/*
 * A path as readers of annotations want it: relative to the repository, or
 * absolute when it is not in it.
 */
static const char *
place(const char *path)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	const char *in;
	char *real;

	if (shown_of && strcmp(shown_of, path) == 0)
		return shown.s;
	if (root == NULL)
		find_root();
	absolute(&b, path);
	in = below(b.s);
	real = in ? NULL : df_real_path(path, &e);
	if (real && below(real))
		in = below(real);
	df_buf_reset(&shown);
	df_buf_str(&shown, in ? in : b.s);
	free(real);
	df_buf_release(&b);
	free(shown_of);
	shown_of = df_strdup(path);
	return shown.s;
}

/* ---- findings ---- */

int
df_validate_format(const char *name)
{
	if (strcmp(name, "text") == 0)
		format = TEXT;
	else if (strcmp(name, "json") == 0)
		format = JSON;
	else if (strcmp(name, "github") == 0)
		format = GITHUB;
	else if (strcmp(name, "sarif") == 0)
		format = SARIF;
	else
		return -1;
	if (format == JSON)
		df_args.json = df_errors_json = 1;
	df_buf_init(&shown);
	df_sarif_init(&sarif);
	return 0;
}

int
df_validate_plain(void)
{
	return format == TEXT && !df_quiet;
}

/* GitHub looks for commands on standard error too: see diag-github.c. */
static void
defuse(char *s)
{
	while (format == GITHUB && (s = strstr(s, "##[")) != NULL)
		s[1] = ' ';
}

/* Annotations are data, text is for people. */
static void
put(struct df_buf *b)
{
	if (format == GITHUB)
		df_out_raw(b->s, b->n);
	else
		fwrite(b->s, 1, b->n, stderr);
	df_buf_reset(b);
}

static void
findings(const struct df_check *c)
{
	int least = df_quiet ? DF_ERROR : df_verbose ? DF_NOTE : DF_WARNING;
	struct df_buf b = DF_BUF_INIT;
	const struct df_diag *d;
	unsigned text = format == GITHUB ? 0 : df_diag_how();
	size_t i;

	for (i = 0; i < c->n; i++) {
		d = &c->diag[i];
		if (format == SARIF) {
			df_sarif_add(&sarif, d, c->row[d->rule->check].name,
			    place(d->path));
			continue;
		}
		if ((int)d->severity < least || (d->waived && df_quiet))
			continue;
		if (format == GITHUB)
			df_diag_github(&b, d, place(d->path));
		else
			df_diag_text(&b, d, text);
		if (b.n > 65536)
			put(&b);
	}
	put(&b);
	df_buf_release(&b);
}

static void
cut(size_t n)
{
	struct df_buf b = DF_BUF_INIT;

	df_buf_fmt(&b, "%s%zu more findings are not shown",
	    format == GITHUB ? "::warning::" : "", n);
	if (format == SARIF)
		df_sarif_note(&sarif, b.s);
	else if (format == GITHUB)
		df_out(b.s);
	else
		df_warn("%s", b.s);
	df_buf_release(&b);
}

void
df_validate_findings(const struct df_check *c, const char *dir)
{
	char waived[48] = "", *shown_dir = df_strdup(dir);

	defuse(shown_dir);
	findings(c);
	if (c->cut)
		cut(c->cut);
	if (c->waived)
		snprintf(waived, sizeof(waived), ", %zu waived", c->waived);
	df_note("%s: %s, %zu error%s, %zu warning%s%s", shown_dir,
	    c->pass ? "PASS" : c->blocked ? "BLOCKED" : "FAIL",
	    c->count[DF_ERROR], c->count[DF_ERROR] == 1 ? "" : "s",
	    c->count[DF_WARNING], c->count[DF_WARNING] == 1 ? "" : "s",
	    waived);
	free(shown_dir);
}

/* ---- errors ---- */

/* The place that the message of e begins with; path is changed. */
static void
error_place(const struct df_err *e, char *path, struct df_diag *d)
{
	uint32_t *to[2] = { &d->col, &d->line };
	char *s;
	int64_t v;
	size_t i;

	if (e->at < 2)
		return;
	s = path + e->at - 2;		/* "file:line:col: " */
	*s = '\0';
	for (i = 0; i < DF_LEN(to); i++) {
		while (s > path && *s != ':')
			s--;
		if (*s != ':' || df_number(s + 1, 1, UINT32_MAX, &v) < 0)
			return;
		*to[i] = (uint32_t)v;
		*s = '\0';
	}
	d->path = path;
}

static void
error(const char *path, const struct df_err *e)
{
	struct df_rule_def rule = { .id = e->code, .severity = DF_ERROR,
	    .about = "A file does not fit its schema, or cannot be read.",
	    .explain = "" };
	struct df_diag d = { .rule = &rule, .severity = DF_ERROR, .path = path,
	    .item = "", .msg = e->msg + e->at, .hint = e->hint };
	struct df_buf b = DF_BUF_INIT;
	char *own = df_strdup(e->msg);
	struct df_err said = *e;

	defuse(said.msg);
	defuse(said.hint);
	df_err_print(&said);
	error_place(e, own, &d);
	if (format == SARIF) {
		df_sarif_add(&sarif, &d, NULL, place(d.path));
	} else if (format == GITHUB) {
		df_diag_github(&b, &d, place(d.path));
		put(&b);
	}
	df_buf_release(&b);
	free(own);
}

int
df_validate_error(const char *path, const struct df_err *e)
{
	error(path, e);
	sarif.failed = 1;
	return e->exit;
}

void
df_validate_wrong(const char *path, const struct df_err *e)
{
	error(path, e);
}

void
df_validate_end(void)
{
	struct df_buf b = DF_BUF_INIT;

	if (format == SARIF) {
		df_sarif_end(&sarif, &b);
		df_out_raw(b.s, b.n);
	}
	df_buf_release(&b);
	df_buf_release(&shown);
	free(shown_of);
	free(root);
}

/* ---- the result ---- */

void
df_validate_checks(const struct df_check *c)
{
	struct df_buf b = DF_BUF_INIT;
	unsigned k;

	for (k = 0; k < DF_CHECKS; k++) {
		if (!c->row[k].ran)
			continue;
		df_buf_fmt(&b, "%s %s: ", c->row[k].pass ? "PASS" : "FAIL",
		    c->row[k].name);
		df_text_foreign(&b, c->row[k].msg, strlen(c->row[k].msg),
		    DF_TEXT_LINE, 0, 2000);
		df_buf_ch(&b, '\n');
	}
	df_out_raw(b.s, b.n);
	df_buf_release(&b);
}

int
df_validate_print(jv v, const char *name)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	int code = DF_OK;

	if (df_schema_write(&b, v, name, &e) == -1) {
		df_err_print(&e);
		code = e.exit;
	} else
		df_out_raw(b.s, b.n);
	df_buf_release(&b);
	return code;
}
