#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "work/isolation.h"
#include "work/protect.h"

static void
say(struct df_buf *why, const char *what, const char *which)
{
	if (why)
		df_buf_fmt(why, "%s%s%s", what, which ? " " : "",
		    which ? which : "");
}

static int
mounts_bad(jv host, jv inside, struct df_buf *why)
{
	jv mounts = df_jv_get(inside, "mounts");
	jv list = df_jv_get(host, "protected");
	struct df_protect p = { 0 };
	char *found = NULL;
	int bad = 1;

	if (jv_get_kind(mounts) != JV_KIND_ARRAY ||
	    jv_get_kind(list) != JV_KIND_ARRAY ||
	    df_protect_load(&p, list, NULL) < 0)
		say(why, "the record of mounts is malformed", NULL);
	else if ((found = df_protect_mounts(&p, mounts)) != NULL)
		say(why, "protected path", found);
	else
		bad = 0;
	free(found);
	df_protect_release(&p);
	jv_free(mounts);
	jv_free(list);
	return bad;
}

/* Only the loopback interface, unless the host's network was asked for. */
static int
network_bad(jv host, jv inside, struct df_buf *why)
{
	const char *level = df_jv_str(host, "level");
	jv list = df_jv_get(inside, "network"), one;
	int i, n, bad = 0;

	if (level && strcmp(level, "bwrap+net") == 0) {
		jv_free(list);
		return 0;
	}
	n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(
	    jv_copy(list)) : 0;
	for (i = 0; i < n && !bad; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (jv_get_kind(one) != JV_KIND_STRING ||
		    strcmp(jv_string_value(one), "lo") != 0) {
			say(why, "network", jv_get_kind(one) ==
			    JV_KIND_STRING ? jv_string_value(one) : "?");
			bad = 1;
		}
		jv_free(one);
	}
	jv_free(list);
	return bad;
}

static int
descriptors_bad(jv inside, struct df_buf *why)
{
	jv list = df_jv_get(inside, "descriptors"), one;
	int i, n, bad = 0;

	n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(
	    jv_copy(list)) : 0;
	for (i = 0; i < n && !bad; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (df_jv_int(one, "fd", 99) > 2) {
			say(why, "descriptor to", df_jv_str(one, "to"));
			bad = 1;
		}
		jv_free(one);
	}
	jv_free(list);
	return bad;
}

static int
capabilities_bad(jv inside, struct df_buf *why)
{
	static const char *const set[] = { "effective", "permitted",
	    "bounding", "ambient" };
	jv caps = df_jv_get(inside, "capabilities");
	const char *s;
	size_t i;
	int bad = 0;

	for (i = 0; i < DF_LEN(set) && !bad; i++) {
		s = df_jv_str(caps, set[i]);
		bad = s == NULL || s[strspn(s, "0")] != '\0';
		if (bad)
			say(why, "capabilities", set[i]);
	}
	jv_free(caps);
	return bad;
}

const char *
df_isolation(jv host, struct df_buf *why)
{
	const char *level = df_jv_str(host, "level"), *word;
	jv inside = df_jv_get(host, "inside");

	if (level && strcmp(level, "none") == 0)
		word = "UNISOLATED";
	else if (level == NULL || jv_get_kind(inside) != JV_KIND_OBJECT)
		word = "UNKNOWN";
	else if (mounts_bad(host, inside, why) ||
	    network_bad(host, inside, why) || descriptors_bad(inside, why) ||
	    capabilities_bad(inside, why))
		word = "EXPOSED";
	else
		word = "ISOLATED";
	jv_free(inside);
	return word;
}

const char *
df_isolation_worst(const char *a, const char *b)
{
	static const char *const order[] = { "NONE", "ISOLATED", "UNKNOWN",
	    "UNISOLATED", "EXPOSED" };
	size_t i, x = 0, y = 0;

	for (i = 0; i < DF_LEN(order); i++) {
		if (strcmp(order[i], a) == 0)
			x = i;
		if (strcmp(order[i], b) == 0)
			y = i;
	}
	return order[x > y ? x : y];
}
