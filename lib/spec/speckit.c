#include "base/df.h"

#include <stdlib.h>

#include "spec/speckit-internal.h"

const char *const df_sk_kind_name[DF_SK_KINDS] = {
	"spec", "plan", "tasks", "constitution", "data-model", "research",
	"quickstart", "contract", "checklist", "other"
};
const char *const df_sk_form_name[4] = {
	"operation", "export", "section", "file"
};
const char *const df_evidence_name[2] = { "stated", "inferred" };

/* ---- files ---- */

static int
ends(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

static enum df_skkind
kind_of(const struct df_speckit_file *f)
{
	static const struct {
		const char *name;
		enum df_skkind kind;
	} known[] = {
		{ "spec.md", DF_SK_SPEC }, { "plan.md", DF_SK_PLAN },
		{ "tasks.md", DF_SK_TASKS }, { "data-model.md", DF_SK_DATA },
		{ "research.md", DF_SK_RESEARCH },
		{ "quickstart.md", DF_SK_QUICKSTART }
	};
	const char *base = strrchr(f->name, '/');
	size_t i;

	if (f->constitution)
		return DF_SK_CONSTITUTION;
	for (i = 0; i < DF_LEN(known); i++)
		if (strcmp(f->name, known[i].name) == 0)
			return known[i].kind;
	base = base ? base + 1 : f->name;
	/* what an editor leaves behind is nobody's contract */
	if (base[0] == '.' || ends(base, "~") || ends(base, ".bak") ||
	    ends(base, ".orig") || ends(base, ".swp"))
		return DF_SK_OTHER;
	if (strncmp(f->name, "contracts/", 10) == 0)
		return DF_SK_CONTRACT;
	if (strncmp(f->name, "checklists/", 11) == 0 && ends(base, ".md"))
		return DF_SK_CHECKLIST;
	return DF_SK_OTHER;
}

static int
by_kind(const void *a, const void *b)
{
	const struct df_skfile *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
take_files(struct skr *r, const struct df_speckit_file *file, size_t n,
    struct df_err *e)
{
	struct df_speckit *sk = r->sk;
	size_t i, total = 0;
	unsigned k;

	for (k = 0; k < DF_SK_KINDS; k++)
		sk->doc[k] = DF_SK_NONE;
	if (n > DF_SK_FILES_MAX)
		return df_fail(e, DF_INPUT, "speckit.size",
		    "%zu files are too many, at most %d are read", n,
		    DF_SK_FILES_MAX);
	sk->file = df_arena_alloc(&sk->arena, n * sizeof(*sk->file) + 1);
	sk->files = n;
	for (i = 0; i < n; i++) {
		struct df_skfile *f = &sk->file[i];

		total += file[i].n;
		if (file[i].n > DF_SK_FILE_MAX || total > DF_SK_TOTAL_MAX)
			return df_fail(e, DF_INPUT, "speckit.size",
			    "%s: the feature is larger than what is read: "
			    "%zu bytes a file, %zu in all", file[i].name,
			    DF_SK_FILE_MAX, DF_SK_TOTAL_MAX);
		f->name = sk_str(r, df_str(file[i].name));
		f->path = file[i].path ? sk_str(r, df_str(file[i].path)) :
		    f->name;
		f->kind = (uint8_t)kind_of(&file[i]);
		f->s = file[i].s;
		f->n = file[i].n;
		df_sha256(f->s, f->n, &f->digest);
	}
	qsort(sk->file, n, sizeof(*sk->file), by_kind);
	for (i = n; i-- > 0; )
		sk->doc[sk->file[i].kind] = (uint32_t)i;
	return 0;
}

/* ---- the whole ---- */

static void
read_file(struct skr *r)
{
	switch ((enum df_skkind)r->sk->file[r->file].kind) {
	case DF_SK_SPEC:
		sk_spec(r);
		break;
	case DF_SK_PLAN:
		sk_plan(r);
		break;
	case DF_SK_TASKS:
		sk_tasks(r);
		break;
	case DF_SK_CONSTITUTION:
		sk_constitution(r);
		break;
	case DF_SK_DATA:
		sk_data(r);
		break;
	case DF_SK_RESEARCH:
		sk_research(r);
		break;
	case DF_SK_QUICKSTART:
		sk_quickstart(r);
		break;
	case DF_SK_CONTRACT:
		sk_contract(r);
		break;
	case DF_SK_CHECKLIST:
		sk_checklist(r);
		break;
	default:
		break;
	}
}

static int
is_markdown(const struct df_skfile *f)
{
	return f->kind != DF_SK_OTHER && ends(f->name, ".md");
}

static int
read_all(struct skr *r, struct df_err *e)
{
	struct df_speckit *sk = r->sk;
	struct df_skfile *f;
	/* the plan's check of the constitution needs its principles */
	static const enum df_skkind first[] = { DF_SK_SPEC,
	    DF_SK_CONSTITUTION };
	size_t i, k;

	for (i = 0; i < sk->files; i++) {
		f = &sk->file[i];
		if (!is_markdown(f))
			continue;
		f->md = df_arena_alloc(&sk->arena, sizeof(*f->md));
		if (df_md_read(f->md, &sk->arena, f->s, f->n, f->path, e) ==
		    -1)
			return -1;
	}
	for (k = 0; k < DF_LEN(first); k++) {
		if (sk->doc[first[k]] == DF_SK_NONE)
			continue;
		r->file = sk->doc[first[k]];
		r->md = sk->file[r->file].md;
		read_file(r);
	}
	for (i = 0; i < sk->files && !r->full; i++) {
		f = &sk->file[i];
		r->file = (uint32_t)i;
		r->md = f->md;
		if (f->kind < DF_SK_CONTRACT && sk->doc[f->kind] != i)
			continue;	/* given twice: the first is read */
		if (f->kind != DF_SK_SPEC && f->kind != DF_SK_CONSTITUTION)
			read_file(r);
		if (f->md && f->kind != DF_SK_CHECKLIST)
			sk_scan(r);
	}
	SK_KEEP(r, r->entity, &sk->entity, &sk->entities);
	SK_KEEP(r, r->contract, &sk->contract, &sk->contracts);
	SK_KEEP(r, r->scenario, &sk->scenario, &sk->scenarios);
	if (!r->full)
		sk_link(r);
	SK_KEEP(r, r->rel, &sk->rel, &sk->rels);
	SK_KEEP(r, r->markers, &sk->markers.v, &sk->markers.n);
	SK_KEEP(r, r->unfilled, &sk->unfilled.v, &sk->unfilled.n);
	SK_KEEP(r, r->repeated, &sk->repeated.v, &sk->repeated.n);
	SK_KEEP(r, r->unnumbered, &sk->unnumbered.v, &sk->unnumbered.n);
	SK_KEEP(r, r->dropped, &sk->dropped.v, &sk->dropped.n);
	SK_KEEP(r, r->checklist, &sk->checklist, &sk->checklists);
	if (r->full)
		return df_fail(e, DF_INPUT, "speckit.size",
		    "%s: more than %d items and relations",
		    *sk->name ? sk->name : "the feature", DF_SK_ITEMS_MAX);
	return 0;
}

static void
nothing(struct df_speckit *sk)
{
	sk->dir = sk->name = sk->title = "";
	sk->input = sk->status = sk->branch = sk->created = sk_none();
	sk->version = sk->ratified = sk->amended = sk_none();
	sk->summary = sk->tree = sk->decision = sk->complexity = sk_none();
}

static void
release_reader(struct skr *r)
{
	df_map_release(&r->stories);
	free(r->repeated.v);
	free(r->markers.v);
	free(r->unfilled.v);
	free(r->unnumbered.v);
	free(r->dropped.v);
	free(r->entity.v);
	free(r->contract.v);
	free(r->scenario.v);
	free(r->checklist.v);
	free(r->rel.v);
	free(r->said.v);
}

int
df_speckit_read(struct df_speckit *sk, const struct df_speckit_file *file,
    size_t n, struct df_err *e)
{
	struct skr r;
	int rc;

	memset(sk, 0, sizeof(*sk));
	memset(&r, 0, sizeof(r));
	nothing(sk);
	r.sk = sk;
	rc = take_files(&r, file, n, e);
	if (rc == 0)
		rc = read_all(&r, e);
	release_reader(&r);
	if (rc == -1)
		df_speckit_release(sk);
	return rc;
}

void
df_speckit_release(struct df_speckit *sk)
{
	size_t i;

	for (i = 0; i < sk->owns; i++)
		df_buf_release(&sk->own[i]);
	free(sk->own);
	df_arena_release(&sk->arena);
	memset(sk, 0, sizeof(*sk));
}
