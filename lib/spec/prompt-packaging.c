#include "base/df.h"

#include <string.h>

#include "spec/prompt-internal.h"

static void
in_package(struct ask *m, const char *before)
{
	const char *package = brief_package(m->sp);

	if (package == NULL)
		return;
	df_buf_str(&m->text, before);
	df_buf_str(&m->text, package);
}

static int
q_files(struct ask *m)
{
	static const char *const action[] = { "create", "modify", "reuse" };
	const struct df_picks *p = &m->sc.kind[DF_K_FILE];
	const struct df_unplanned *u = m->sc.unplanned;
	const struct df_xfile *f;
	size_t i, all = p->n + m->sc.nunplanned;

	if (all == 0)
		return 0;
	df_buf_str(&m->text, all == 1 ? "Is " : "Which of ");
	(void)ask_files(m, &m->text);
	df_buf_str(&m->text, all == 1 ? " a file that you create or one that "
	    "is there, what goes into it, and where does it lie" : " do you "
	    "create, which are there already, where do they lie, and in which "
	    "order do you work on them");
	in_package(m, " in the package ");
	df_buf_ch(&m->text, '?');
	for (i = 0; i < p->n; i++) {
		f = &m->x->file[p->v[i].index];
		df_buf_fmt(&m->expected, "%s%s %s%s%s%s", i ? "; " : "",
		    action[p->v[i].action], f->path, *f->comment ? " (" : "",
		    f->comment, *f->comment ? ")" : "");
		ask_cite(m, f->at);
	}
	for (i = 0; i < m->sc.nunplanned; i++) {
		df_buf_fmt(&m->expected, "%s%.*s (step %u; not in D7)",
		    m->expected.n ? "; " : "", (int)u[i].n, u[i].path,
		    u[i].step);
		ask_cite(m, u[i].at);
	}
	df_buf_ch(&m->expected, '.');
	return 1;
}

static int
q_no_files(struct ask *m)
{
	size_t i = ask_step(m);

	df_buf_str(&m->text, "D7 names no file for this task. Where");
	in_package(m, " in the package ");
	df_buf_str(&m->text, " do you put what ");
	if (i == SIZE_MAX) {
		ask_subject(m, &m->text);
	} else {
		df_buf_fmt(&m->text, "step %zu (\"", i + 1);
		ask_put_step(m, &m->text, i);
		df_buf_str(&m->text, "\")");
	}
	df_buf_str(&m->text, " asks for, and what is listed in the results?");
	df_buf_str(&m->expected, "A place that agrees with the file tree of "
	    "D7; every file that was created, with its digest.");
	ask_cite(m, m->sp->d7.tree);
	ask_cite(m, m->t->item.at);
	return 1;
}

static int
q_depends(struct ask *m)
{
	const struct df_picks *p = &m->sc.kind[DF_K_COMPONENT];
	const struct df_component *c;
	size_t i, n = 0;

	for (i = 0; i < p->n && n < ASK_FILES; i++) {
		c = &m->sp->d7.component[p->v[i].index];
		if (!p->v[i].own || c->depends.n == 0)
			continue;
		df_buf_fmt(&m->b, "%s%s", n ? ", " : "", c->name);
		df_buf_fmt(&m->expected, "%s%s: %s", n ? " " : "", c->name,
		    c->depends.s);
		ask_stop(&m->expected);
		ask_cite(m, c->depends.at);
		n++;
	}
	if (n == 0)
		return 0;
	df_buf_fmt(&m->text, "What %s %s depend on, which of that is there "
	    "when you start, and which dependency must not be added?",
	    n == 1 ? "does" : "do", m->b.s);
	df_buf_reset(&m->b);
	return 1;
}

static int
q_context(struct ask *m)
{
	const struct df_fields *f = &m->sp->d7.context_fields;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strstr(f->v[i].name, "depend") && f->v[i].value.n)
			break;
	if (i == f->n)
		return 0;
	df_buf_str(&m->text, "D7 fixes the dependencies of ");
	ask_component(m, &m->text);
	df_buf_str(&m->text, ". Which of them does ");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " use, and how do you make sure that no other "
	    "one gets in?");
	df_buf_fmt(&m->expected, "%s: %s", f->v[i].key, f->v[i].value.s);
	ask_cite(m, f->v[i].value.at);
	return 1;
}

static int
q_digests(struct ask *m)
{
	df_buf_str(&m->text, "Which files of ");
	ask_subject(m, &m->text);
	df_buf_str(&m->text, " are listed in the results, in which form are "
	    "their digests written, and does ");
	if (brief_package(m->sp))
		df_buf_str(&m->text, m->sp->package);
	else
		ask_component(m, &m->text);
	df_buf_str(&m->text, " have a manifest that must list them too?");
	df_buf_str(&m->expected, "Every file that was created or changed, "
	    "each as sha256: and 64 hexadecimal digits.");
	ask_cite(m, m->t->item.at);
	return 1;
}

void
ask_packaging(struct ask *m)
{
	static int (*const files[])(struct ask *) = { q_files, q_no_files,
	    ask_task };
	static int (*const needs[])(struct ask *) = { q_depends, q_context,
	    q_digests, ask_task };

	ask_first(m, files);
	ask_first(m, needs);
}
