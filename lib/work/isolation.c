#include "base/df.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "work/isolation.h"

/* What one look at the record found: the worse one is the larger. */
enum found { FINE, MISSING, OPEN };

struct look {
	jv host, inside;
	int own;		/* namespaces; else rules */
	int net;		/* the level says so */
	struct df_buf *why;
};

static enum found
say(const struct look *l, enum found f, const char *what, const char *which)
{
	if (l->why)
		df_buf_fmt(l->why, "%s%s%s%s", l->why->n ? "; " : "", what,
		    which ? " " : "", which ? which : "");
	return f;
}

static enum found
missing(const struct look *l, const char *what)
{
	return say(l, MISSING, "the record does not say:", what);
}

/* ---- lists ---- */

/* Is it an array of such objects (or of strings: member is NULL), and has it
   so many at least? */
static int
is_list(jv list, const char *const *member, size_t n, int least)
{
	int i, k, ok = jv_get_kind(list) == JV_KIND_ARRAY;
	size_t m;
	jv one;

	k = ok ? jv_array_length(jv_copy(list)) : 0;
	for (i = 0; i < k && ok; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (member == NULL)
			ok = jv_get_kind(one) == JV_KIND_STRING;
		for (m = 0; member && m < n && ok; m++)
			ok = df_jv_str(one, member[m]) != NULL;
		jv_free(one);
	}
	return ok && k >= least;
}

static int
has(jv list, const char *s)
{
	int i, n = jv_array_length(jv_copy(list)), found = 0;
	jv one;

	for (i = 0; i < n && !found; i++) {
		one = jv_array_get(jv_copy(list), i);
		found = strcmp(jv_string_value(one), s) == 0;
		jv_free(one);
	}
	return found;
}

/* ---- paths ---- */

/*
 * What a rule for path shows, as mounts: a part of the mount that path lies
 * in, and every mount below it.
 */
static jv
shown(jv mounts, const char *path, jv out)
{
	const char *point, *root, *dev = NULL;
	struct df_buf b = DF_BUF_INIT;
	size_t best = 0;
	int i, n = jv_array_length(jv_copy(mounts));
	jv one, in = jv_invalid();

	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(mounts), i);
		point = df_jv_str(one, "point");
		if (point && df_path_within(point, path))
			out = jv_array_append(out, jv_copy(one));
		if (point && df_path_within(path, point) && strlen(point) >=
		    best) {
			best = strlen(point);
			jv_free(in);
			in = jv_copy(one);
		}
		jv_free(one);
	}
	root = df_jv_str(in, "root");
	dev = df_jv_str(in, "dev");
	if (root && dev) {
		df_buf_fmt(&b, "%s%s", strcmp(root, "/") == 0 ? "" : root,
		    best == 1 ? path : path + best);
		one = df_jset_str(jv_object(), "dev", dev);
		out = jv_array_append(out, df_jset_str(one, "root", b.n ? b.s
		    : "/"));
	}
	df_buf_release(&b);
	jv_free(in);
	return out;
}

char *
df_isolation_path(const struct df_protect *p, jv inside)
{
	jv mounts = df_jv_get(inside, "mounts"), rules, c, one;
	char *found;
	int i, n;

	c = df_jv_get(inside, "confinement");
	rules = df_jv_get(c, "rules");
	jv_free(c);
	if (jv_get_kind(mounts) == JV_KIND_ARRAY &&
	    jv_get_kind(rules) == JV_KIND_ARRAY) {
		n = jv_array_length(jv_copy(rules));
		c = jv_array();
		for (i = 0; i < n; i++) {
			one = jv_array_get(jv_copy(rules), i);
			if (df_jv_str(one, "path"))
				c = shown(mounts, df_jv_str(one, "path"), c);
			jv_free(one);
		}
		jv_free(mounts);
		mounts = c;
	}
	jv_free(rules);
	found = jv_get_kind(mounts) == JV_KIND_ARRAY ?
	    df_protect_mounts(p, mounts) : NULL;
	jv_free(mounts);
	return found;
}

/* "254:0" */
static int
is_device(const char *s)
{
	static const char digits[] = "0123456789";
	size_t n = strspn(s, digits), m;

	if (n == 0 || s[n] != ':')
		return 0;
	m = strspn(s + n + 1, digits);
	return m && s[n + 1 + m] == '\0';
}

/* A mount that can be compared; the root of a namespace is not a path. */
static int
is_mount(jv m)
{
	return is_device(df_jv_str(m, "dev")) &&
	    *df_jv_str(m, "point") == '/' && (*df_jv_str(m, "root") == '/' ||
	    strcmp(df_jv_str(m, "type"), "nsfs") == 0);
}

/* Was each found in a file system when the run began? */
static int
are_located(const struct df_protect *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!is_device(p->v[i].mount) || *p->v[i].fs != '/' ||
		    *p->v[i].path != '/')
			return 0;
	return p->n != 0;
}

static enum found
paths(const struct look *l)
{
	static const char *const member[] = { "dev", "options", "point",
	    "root", "source", "type" };
	jv mounts = df_jv_get(l->inside, "mounts"), one;
	jv list = df_jv_get(l->host, "protected");
	struct df_protect p = { 0 };
	enum found f = FINE;
	char *found = NULL;
	int i, root = 0;

	if (!is_list(mounts, member, DF_LEN(member), 1))
		f = missing(l, "mounts");
	for (i = 0; f == FINE && i < jv_array_length(jv_copy(mounts)); i++) {
		one = jv_array_get(jv_copy(mounts), i);
		root |= strcmp(df_jv_str(one, "point"), "/") == 0;
		if (!is_mount(one))
			f = missing(l, "mounts");
		jv_free(one);
	}
	if (f == FINE && !root)
		f = missing(l, "mounts");
	jv_free(mounts);
	one = df_jv_get(l->inside, "confinement");
	if (!l->own && jv_get_kind(one) != JV_KIND_OBJECT) {
		jv_free(one);		/* its mounts are the host's */
		jv_free(list);
		return missing(l, "confinement");
	}
	jv_free(one);
	if (jv_get_kind(list) != JV_KIND_ARRAY ||
	    df_protect_load(&p, list, NULL) < 0 || !are_located(&p))
		f = missing(l, "protected");
	else if ((found = df_isolation_path(&p, l->inside)) != NULL)
		f = say(l, OPEN, "protected path", found);
	free(found);
	df_protect_release(&p);
	jv_free(list);
	return f;
}

/* ---- the rest ---- */

/* Only the loopback interface, unless the host's network was asked for. */
static enum found
network(const struct look *l)
{
	jv list = df_jv_get(l->inside, "network"), one;
	enum found f = FINE;
	int i, n;

	if (!is_list(list, NULL, 0, 0))
		f = missing(l, "network");
	n = f == FINE && l->own && !l->net ? jv_array_length(jv_copy(list)) :
	    0;
	for (i = 0; i < n && f == FINE; i++) {
		one = jv_array_get(jv_copy(list), i);
		if (strcmp(jv_string_value(one), "lo") != 0)
			f = say(l, OPEN, "network", jv_string_value(one));
		jv_free(one);
	}
	jv_free(list);
	return f;
}

/* What we give to it: nothing, its prompt, and pipes to us. */
static int
harmless(const char *to)
{
	return strcmp(to, "/dev/null") == 0 || strcmp(to, "pipe:") == 0 ||
	    strcmp(to, "/memfd:prompt (deleted)") == 0;
}

static enum found
descriptors(const struct look *l)
{
	static const char *const member[] = { "to" };
	jv list = df_jv_get(l->inside, "descriptors"), one;
	enum found f = FINE;
	const char *to;
	int64_t fd;
	int i, n, seen = 0;

	if (!is_list(list, member, 1, 0))
		f = missing(l, "descriptors");
	n = f == FINE ? jv_array_length(jv_copy(list)) : 0;
	for (i = 0; i < n && f == FINE; i++) {
		one = jv_array_get(jv_copy(list), i);
		fd = df_jv_int(one, "fd", -1);
		to = df_jv_str(one, "to");
		if (fd < 0)
			f = missing(l, "descriptors");
		else if (fd > 2 || !harmless(to))
			f = say(l, OPEN, "descriptor to", to);
		else
			seen |= 1 << fd;
		jv_free(one);
	}
	jv_free(list);
	return f == FINE && seen != 7 ? missing(l, "descriptors") : f;
}

static enum found
capabilities(const struct look *l)
{
	static const char *const set[] = { "ambient", "effective",
	    "permitted", "bounding" };
	jv caps = df_jv_get(l->inside, "capabilities");
	enum found f = FINE;
	const char *s;
	size_t i, n;

	/* A bound that no privilege can come up to does not matter. */
	n = l->own ? DF_LEN(set) : DF_LEN(set) - 1;
	for (i = 0; i < n && f == FINE; i++) {
		s = df_jv_str(caps, set[i]);
		if (s == NULL || *s == '\0' || s[strspn(s,
		    "0123456789abcdef")] != '\0')
			f = missing(l, "capabilities");
		else if (s[strspn(s, "0")] != '\0')
			f = say(l, OPEN, "capabilities:", set[i]);
	}
	jv_free(caps);
	return f;
}

static enum found
privileges(const struct look *l)
{
	jv v = df_jv_get(l->inside, "no_new_privs");
	enum found f = jv_get_kind(v) == JV_KIND_TRUE ? FINE :
	    jv_get_kind(v) == JV_KIND_FALSE ? say(l, OPEN,
	    "new privileges", NULL) : missing(l, "no_new_privs");

	jv_free(v);
	return f;
}

/*
 * A file that it leaves belongs to the uid that it is outside.  That is not in
 * its map, which is relative to the namespace above: bwrap puts one between.
 */
static enum found
ids(const struct look *l)
{
	jv map = df_jv_get(l->inside, "uid_map"), one;
	int64_t uid = df_jv_int(l->inside, "uid", -1), in, out, count;
	int64_t host = df_jv_int(l->host, "uid", -1);
	enum found f = FINE;
	int i, n, mapped = 0;

	n = jv_get_kind(map) == JV_KIND_ARRAY ? jv_array_length(jv_copy(map))
	    : 0;
	for (i = 0; i < n && f == FINE; i++) {
		one = jv_array_get(jv_copy(map), i);
		in = df_jv_int(one, "inside", -1);
		out = df_jv_int(one, "outside", -1);
		count = df_jv_int(one, "count", -1);
		if (in < 0 || out < 0 || count < 1)
			f = missing(l, "uid_map");
		else if (l->own && count > 1)
			f = say(l, OPEN, "more than one uid", NULL);
		else if (uid >= in && uid - in < count)
			mapped = 1;
		jv_free(one);
	}
	jv_free(map);
	if (f == FINE && (uid < 0 || !mapped))
		f = missing(l, uid < 0 ? "uid" : "uid_map");
	if (f == FINE && host < 0)
		f = missing(l, "uid outside");
	if (f == FINE && (host == 0 || (!l->own && uid == 0)))
		f = say(l, OPEN, "uid 0 of the host", NULL);
	return f;
}

static enum found
environment(const struct look *l)
{
	static const char *const never[] = { "DBUS_SESSION_BUS_ADDRESS",
	    "DF_KEY", "DF_KEYS", "DF_UNSEAL", "GPG_AGENT_INFO",
	    "SSH_AUTH_SOCK" };
	jv list = df_jv_get(l->inside, "environment");
	enum found f = FINE;
	size_t i;

	if (!is_list(list, NULL, 0, 0))
		f = missing(l, "environment");
	for (i = 0; i < DF_LEN(never) && f == FINE; i++)
		if (has(list, never[i]))
			f = say(l, OPEN, "variable", never[i]);
	jv_free(list);
	return f;
}

static enum found
confinement(const struct look *l)
{
	static const char *const member[] = { "access", "dev", "path" };
	jv c = df_jv_get(l->inside, "confinement"), rules, gaps;
	const char *net = df_jv_str(c, "network");
	const char *filter = df_jv_str(c, "seccomp");
	enum found f = FINE;

	rules = df_jv_get(c, "rules");
	gaps = df_jv_get(c, "gaps");
	if (l->own)
		f = jv_is_valid(c) ? missing(l, "which level") : FINE;
	else if (!jv_is_valid(c))
		f = MISSING;		/* said with the paths */
	else if (df_jv_int(c, "abi", 0) < 1 || filter == NULL ||
	    *filter == '\0' || !is_list(gaps, NULL, 0, 0) ||
	    !is_list(rules, member, DF_LEN(member), 1) || net == NULL ||
	    (strcmp(net, "none") != 0 && strcmp(net, "host") != 0))
		f = missing(l, "confinement");
	else if (!l->net && strcmp(net, "none") != 0)
		f = say(l, OPEN, "network", net);
	jv_free(rules);
	jv_free(gaps);
	jv_free(c);
	return f;
}

/* Sockets and pipes below what the adapter declares; none has none. */
static enum found
channels(const struct look *l)
{
	jv list = df_jv_get(l->inside, "channels"), one;
	enum found f = FINE;

	if (jv_is_valid(list) && !is_list(list, NULL, 0, 0)) {
		f = missing(l, "channels");
	} else if (jv_is_valid(list) && jv_array_length(jv_copy(list)) > 0) {
		one = jv_array_get(jv_copy(list), 0);
		f = say(l, OPEN, "socket or pipe", jv_string_value(one));
		jv_free(one);
	}
	jv_free(list);
	return f;
}

/*
 * What belongs to the network and is none: sockets without a path.  A record
 * without the filter is one of a machine that has none, or an older one.
 */
static enum found
guard(const struct look *l)
{
	jv g = df_jv_get(l->inside, "guard"), v = df_jv_get(g, "abstract");
	enum found f = FINE;

	if (jv_is_valid(g) && (df_jv_str(g, "seccomp") == NULL ||
	    (jv_get_kind(v) != JV_KIND_TRUE &&
	    jv_get_kind(v) != JV_KIND_FALSE)))
		f = missing(l, "guard");
	else if (l->own && l->net && jv_get_kind(v) != JV_KIND_TRUE)
		(void)say(l, FINE, "abstract sockets", "of the host");
	jv_free(v);
	jv_free(g);
	return f;
}

const char *
df_isolation(jv host, struct df_buf *why)
{
	static enum found (*const look[])(const struct look *) = { paths,
	    network, descriptors, capabilities, privileges, ids, environment,
	    confinement, channels, guard };
	const char *level = df_jv_str(host, "level"), *word;
	struct look l = { .host = host, .why = why };
	enum found worst = FINE, f;
	size_t i;

	if (level && strcmp(level, "none") == 0)
		return "UNISOLATED";
	l.own = level && strncmp(level, "bwrap", 5) == 0;
	word = level ? strchr(level, '+') : NULL;
	l.net = word != NULL;
	if (level == NULL || (strcmp(level, "bwrap") != 0 &&
	    strcmp(level, "bwrap+net") != 0 && strcmp(level, "landlock") != 0
	    && strcmp(level, "landlock+net") != 0)) {
		(void)missing(&l, "which level");
		return "UNKNOWN";
	}
	l.inside = df_jv_get(host, "inside");
	if (jv_get_kind(l.inside) != JV_KIND_OBJECT)
		worst = say(&l, MISSING, "the sandbox did not report", NULL);
	for (i = 0; i < DF_LEN(look) && jv_get_kind(l.inside) ==
	    JV_KIND_OBJECT; i++) {
		f = look[i](&l);
		if (f > worst)
			worst = f;
	}
	jv_free(l.inside);
	return worst == OPEN ? "EXPOSED" : worst == MISSING ? "UNKNOWN" :
	    l.own ? "ISOLATED" : "CONFINED";
}

const char *
df_isolation_worst(const char *a, const char *b)
{
	static const char *const order[] = { "NONE", "ISOLATED", "CONFINED",
	    "UNKNOWN", "UNISOLATED", "EXPOSED" };
	size_t i, x = 0, y = 0;

	for (i = 0; i < DF_LEN(order); i++) {
		if (strcmp(order[i], a) == 0)
			x = i;
		if (strcmp(order[i], b) == 0)
			y = i;
	}
	return order[x > y ? x : y];
}
