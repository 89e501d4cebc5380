#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"

void
df_list_add(struct df_list *l, const char *s)
{
	DF_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = s;
}

void
df_list_addf(struct df_list *l, const char *fmt, ...)
{
	struct df_buf b = DF_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	df_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	df_list_add(l, df_buf_detach(&b));
}

void
df_list_free(struct df_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free((char *)(uintptr_t)l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}
