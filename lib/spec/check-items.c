#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "spec/check-internal.h"

/*
 * A definition that is lost leaves its fields behind: to the item above it,
 * which then has them twice, or to nobody.
 */

#define ORPHANS 3	/* are told of one document */

/* Fields that stand once in an item, and nowhere else, by document. */
static const char *const own_key[DF_DOCS][8] = {
	[2] = { "priority", "testing approach", "why deferred" },
	[3] = { "scope" },
	[4] = { "scenarios", "caller", "consumer", "target system",
	    "condition", "caller action" },
	[5] = { "priority", "prompted by", "decision" },
	[6] = { "what is needed", "resolution", "status", "question" },
	[8] = { "scenarios satisfied", "contracts implemented",
	    "acceptance criteria", "dependency" }
};

static int
is_own(unsigned doc, struct df_str key)
{
	size_t i;

	for (i = 0; i < DF_LEN(own_key[doc]) && own_key[doc][i]; i++)
		if (df_md_key(key, own_key[doc][i]))
			return 1;
	return 0;
}

static void
merged(struct ck *c, const struct df_item *it, const struct df_fields *f)
{
	unsigned doc = df_family_doc[it->family], seen = 0;
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		for (k = 0; k < DF_LEN(own_key[doc]) && own_key[doc][k]; k++)
			if (strcmp(f->v[i].name, own_key[doc][k]) == 0)
				break;
		if (k == DF_LEN(own_key[doc]) || own_key[doc][k] == NULL)
			continue;
		if (seen & 1u << k) {
			ck_add(c, "item.merged", f->v[i].at, "", "%s stands "
			    "twice in %s: has a heading above it been lost?",
			    f->v[i].key, it->id);
			return;
		}
		seen |= 1u << k;
	}
}

/*
 * An entity ends with a list, and what is behind it looks like more of it: its
 * lines are looked through, not its fields.
 */
static void
merged_entity(struct ck *c, const struct df_item *it)
{
	const struct df_md *md = c->sp->doc[3].md;
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct df_span at = it->at;
	uint32_t i, end = df_md_line_at(md, it->at.off + it->at.len - 1);
	unsigned n = 0;

	for (i = it->at.line; i < end; i++) {
		l = &md->line[i];
		if (l->kind != DF_MD_TEXT || l->indent > 1 ||
		    !df_md_kv((struct df_str){ l->s, l->n }, &kv) ||
		    !is_own(3, kv.key) || ++n != 2)
			continue;
		at.line = i + 1;
		at.off = l->off + l->indent;
		ck_add(c, "item.merged", at, "", "%.*s stands twice in %s: "
		    "has a heading above it been lost?", (int)kv.key.n,
		    kv.key.s, it->id);
	}
}

/* The lines of a document that are inside of items. */
static uint8_t *
item_lines(const struct df_spec *sp, unsigned doc)
{
	const struct df_md *md = sp->doc[doc].md;
	uint8_t *in = df_calloc(md->lines + 1, 1);
	uint32_t k, end;
	size_t i;

	for (i = 0; i < sp->nitems; i++) {
		const struct df_item *it = sp->items[i];

		if (df_family_doc[it->family] != doc || it->at.len == 0)
			continue;
		end = df_md_line_at(md, it->at.off + it->at.len - 1);
		for (k = it->at.line; k <= end; k++)
			in[k - 1] = 1;
	}
	return in;
}

static void
orphans(struct ck *c, unsigned doc)
{
	const struct df_md *md = c->sp->doc[doc].md;
	const struct df_md_line *l;
	struct df_md_kv kv;
	struct df_span at = { (uint8_t)doc, 0, 0, 0 };
	uint8_t *in = item_lines(c->sp, doc);
	uint32_t i;
	unsigned told = 0;
	int body = 0, fresh = 1;

	for (i = 0; i < md->lines && told < ORPHANS; i++) {
		l = &md->line[i];
		if (l->kind == DF_MD_HEADING)
			body |= l->level > 1;
		if (l->kind == DF_MD_HEADING || in[i])
			fresh = 1;
		if (!body || !fresh || in[i] || l->kind != DF_MD_TEXT ||
		    !df_md_kv((struct df_str){ l->s, l->n }, &kv) ||
		    !is_own(doc, kv.key))
			continue;
		at.line = i + 1;
		at.off = l->off + l->indent;
		ck_add(c, "item.orphan", at, "", "%.*s belongs to no item: "
		    "has a heading above it been lost?", (int)kv.key.n,
		    kv.key.s);
		fresh = 0;
		told++;
	}
	free(in);
}

#define EACH(v, n) \
	for (i = 0; i < (n); i++) \
		merged(c, &(v)[i].item, &(v)[i].fields)

void
ck_items(struct ck *c)
{
	const struct df_spec *sp = c->sp;
	unsigned n;
	size_t i;

	EACH(sp->d2.scenario, sp->d2.scenarios);
	EACH(sp->d2.deferred, sp->d2.ndeferred);
	for (i = 0; i < sp->d3.entities; i++)
		if (sp->d3.entity[i].item.at.len)
			merged_entity(c, &sp->d3.entity[i].item);
	EACH(sp->d4.contract, sp->d4.contracts);
	EACH(sp->d5.research, sp->d5.nresearch);
	EACH(sp->d6.gap, sp->d6.gaps);
	EACH(sp->d6.clar, sp->d6.clars);
	EACH(sp->d8.task, sp->d8.tasks);
	for (n = 1; n < DF_DOCS; n++)
		if (own_key[n][0] && sp->doc[n].md)
			orphans(c, n);
}
