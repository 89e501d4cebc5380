/* The word for an attempt's record, and for each change of a good one. */
#include "base/df.h"

#include "base/json.h"
#include "work/isolation.h"
#include "work/jq.h"
#include "tap.h"

/* What is the same at all levels. */
#define COMMON "\"uid\":1001,\"protected\":[{\"dev\":\"8:1\",\"fs\":" \
    "\"/home/alice/spec\",\"ino\":7,\"mount\":\"8:1\",\"path\":" \
    "\"/home/alice/spec\",\"why\":\"specification\"}],\"inside\":{" \
    "\"descriptors\":[{\"fd\":0,\"to\":\"/dev/null\"}," \
    "{\"fd\":1,\"to\":\"pipe:\"},{\"fd\":2,\"to\":\"pipe:\"}]," \
    "\"environment\":[\"HOME\",\"PATH\"],\"no_new_privs\":true,"

static const char bwrap[] = "{\"level\":\"bwrap\"," COMMON
    "\"capabilities\":{\"ambient\":\"0000\",\"bounding\":\"0000\","
    "\"effective\":\"0000\",\"permitted\":\"0000\"},"
    "\"mounts\":[{\"dev\":\"0:40\",\"options\":\"ro\",\"point\":\"/\","
    "\"root\":\"/\",\"source\":\"tmpfs\",\"type\":\"tmpfs\"},"
    "{\"dev\":\"8:1\",\"options\":\"ro\",\"point\":\"/usr\","
    "\"root\":\"/usr\",\"source\":\"/dev/sda1\",\"type\":\"ext4\"}],"
    "\"network\":[\"lo\"],\"uid\":1001,"
    "\"uid_map\":[{\"count\":1,\"inside\":1001,\"outside\":0}]}}";

static const char landlock[] = "{\"level\":\"landlock\"," COMMON
    "\"capabilities\":{\"ambient\":\"0000\",\"bounding\":\"01ff\","
    "\"effective\":\"0000\",\"permitted\":\"0000\"},"
    "\"confinement\":{\"abi\":7,\"gaps\":[\"stat\"],\"network\":\"none\","
    "\"rules\":[{\"access\":\"ro\",\"dev\":\"8:1\",\"ino\":2,\"path\":"
    "\"/usr/bin\"}],\"seccomp\":\"x86_64\"},"
    "\"mounts\":[{\"dev\":\"8:1\",\"options\":\"rw\",\"point\":\"/\","
    "\"root\":\"/\",\"source\":\"/dev/sda1\",\"type\":\"ext4\"}],"
    "\"network\":[\"eth0\",\"lo\"],\"uid\":1001,"
    "\"uid_map\":[{\"count\":4294967295,\"inside\":0,\"outside\":0}]}}";

struct change {
	const char *filter, *word;
};

static const struct change of_bwrap[] = {
	{ ".", "ISOLATED" },
	{ ".level = \"bwrap+net\" | .inside.network += [\"eth0\"]",
	    "ISOLATED" },
	{ ".level = \"none\"", "UNISOLATED" },
	{ ".level = \"none\" | del(.inside)", "UNISOLATED" },
	{ ".isolation = \"EXPOSED\"", "ISOLATED" },
	/* paths */
	{ ".inside.mounts[1].root = \"/\"", "EXPOSED" },
	{ ".inside.mounts[1].root = \"/home\"", "EXPOSED" },
	{ ".inside.mounts[1].root = \"/home/alice/spec/D9.md\"", "EXPOSED" },
	{ ".inside.mounts[1].root = \"/home/alice/special\"", "ISOLATED" },
	{ ".inside.mounts[1].root = \"/home\" | .inside.mounts[1].dev = "
	    "\"8:2\"", "ISOLATED" },
	/* all else */
	{ ".inside.network += [\"eth0\"]", "EXPOSED" },
	{ ".inside.descriptors += [{fd: 9, to: \"/x\"}]", "EXPOSED" },
	{ ".inside.descriptors[0].to = \"socket:\"", "EXPOSED" },
	{ ".inside.descriptors[0].to = \"/home/alice/spec\"", "EXPOSED" },
	{ ".inside.descriptors[0].to = \"/memfd:prompt (deleted)\"",
	    "ISOLATED" },
	{ ".inside.channels = []", "ISOLATED" },
	{ ".inside.channels = [\"/opt/agent/control\"]", "EXPOSED" },
	{ ".inside.guard = {abstract: true, seccomp: \"x86_64\"}",
	    "ISOLATED" },
	{ ".inside.capabilities.effective = \"0020\"", "EXPOSED" },
	{ ".inside.capabilities.bounding = \"0020\"", "EXPOSED" },
	{ ".inside.no_new_privs = false", "EXPOSED" },
	{ ".inside.environment += [\"SSH_AUTH_SOCK\"]", "EXPOSED" },
	{ ".uid = 0", "EXPOSED" },
	{ ".inside.uid_map[0].count = 65536", "EXPOSED" },
	/* what is not there */
	{ "del(.level)", "UNKNOWN" },
	{ ".level = \"chroot\"", "UNKNOWN" },
	{ ".level = \"bwrap-net\"", "UNKNOWN" },
	{ "del(.inside)", "UNKNOWN" },
	{ ".inside = []", "UNKNOWN" },
	{ "del(.protected)", "UNKNOWN" },
	{ ".protected = []", "UNKNOWN" },
	{ "del(.protected[0].mount)", "UNKNOWN" },
	{ ".protected[0].mount = \"\"", "UNKNOWN" },
	{ ".protected[0].mount = \"8:\"", "UNKNOWN" },
	{ ".protected[0].fs = \"\"", "UNKNOWN" },
	{ ".protected[0].fs = \"home/alice/spec\"", "UNKNOWN" },
	{ ".protected += [\"/home/alice/spec\"]", "UNKNOWN" },
	{ "del(.uid)", "UNKNOWN" },
	{ "del(.inside.mounts)", "UNKNOWN" },
	{ ".inside.mounts = []", "UNKNOWN" },
	{ ".inside.mounts |= .[1:]", "UNKNOWN" },
	{ "del(.inside.mounts[1].dev)", "UNKNOWN" },
	{ ".inside.mounts[1].dev = \"\"", "UNKNOWN" },
	{ ".inside.mounts[1].dev = \"8:1 \"", "UNKNOWN" },
	{ ".inside.mounts[1].root = \"\"", "EXPOSED" },
	{ ".inside.mounts[1].root = \"home\"", "UNKNOWN" },
	{ ".inside.mounts[1].point = \"\"", "UNKNOWN" },
	{ ".inside.mounts += [\"/home\"]", "UNKNOWN" },
	{ ".inside.channels = null", "UNKNOWN" },
	{ ".inside.channels = {}", "UNKNOWN" },
	{ ".inside.guard = {}", "UNKNOWN" },
	{ ".inside.guard = {abstract: 1, seccomp: \"\"}", "UNKNOWN" },
	{ "del(.inside.network)", "UNKNOWN" },
	{ ".inside.network = [1]", "UNKNOWN" },
	{ "del(.inside.descriptors)", "UNKNOWN" },
	{ "del(.inside.descriptors[0].fd)", "UNKNOWN" },
	{ ".inside.descriptors |= .[1:]", "UNKNOWN" },
	{ "del(.inside.capabilities.ambient)", "UNKNOWN" },
	{ ".inside.capabilities.ambient = \"\"", "UNKNOWN" },
	{ "del(.inside.no_new_privs)", "UNKNOWN" },
	{ "del(.inside.environment)", "UNKNOWN" },
	{ "del(.inside.uid)", "UNKNOWN" },
	{ "del(.inside.uid_map)", "UNKNOWN" },
	{ ".inside.uid_map[0].inside = 5", "UNKNOWN" },
	{ ".inside.confinement = {}", "UNKNOWN" },
	/* the worse of two */
	{ "del(.inside.environment) | .inside.network += [\"eth0\"]",
	    "EXPOSED" },
};

static const struct change of_landlock[] = {
	{ ".", "CONFINED" },
	{ ".level = \"landlock+net\" | .inside.confinement.network = "
	    "\"host\"", "CONFINED" },
	{ ".level = \"bwrap\"", "EXPOSED" },	/* its mounts are the host's */
	{ ".inside.confinement.network = \"host\"", "EXPOSED" },
	{ ".inside.confinement.rules[0].path = \"/\"", "EXPOSED" },
	{ ".inside.confinement.rules[0].path = \"/home\"", "EXPOSED" },
	{ ".inside.confinement.rules[0].path = \"/home/alice/spec/x\"",
	    "EXPOSED" },
	/* the same files by another way: mounted below what a rule names */
	{ ".inside.mounts += [.inside.mounts[0] | .point = \"/usr/bin/x\" | "
	    ".root = \"/home/alice\"]", "EXPOSED" },
	{ ".inside.mounts += [.inside.mounts[0] | .point = \"/usr\" | "
	    ".root = \"/home/alice/spec\"]", "EXPOSED" },
	{ ".inside.mounts += [.inside.mounts[0] | .point = \"/mnt\" | "
	    ".root = \"/home/alice/spec\"]", "CONFINED" },
	{ ".inside.capabilities.permitted = \"0020\"", "EXPOSED" },
	{ ".inside.no_new_privs = false", "EXPOSED" },
	{ ".inside.uid = 0", "EXPOSED" },
	{ "del(.inside.confinement)", "UNKNOWN" },
	{ ".inside.confinement.abi = 0", "UNKNOWN" },
	{ ".inside.confinement.seccomp = \"\"", "UNKNOWN" },
	{ ".inside.confinement.rules = []", "UNKNOWN" },
	{ "del(.inside.confinement.rules[0].path)", "UNKNOWN" },
	{ "del(.inside.confinement.network)", "UNKNOWN" },
	{ "del(.inside.confinement.gaps)", "UNKNOWN" },
};

static void
changes(const char *record, const struct change *c, size_t n,
    const char *what)
{
	struct df_buf program = DF_BUF_INIT, why = DF_BUF_INIT;
	struct df_err e;
	const char *word;
	char name[300];
	jv in, all, one;
	size_t i;

	df_buf_ch(&program, '[');
	for (i = 0; i < n; i++)
		df_buf_fmt(&program, "%s(%s)", i ? ", " : "", c[i].filter);
	df_buf_ch(&program, ']');
	in = df_json_parse(record, strlen(record), 0, what, &e);
	all = jv_is_valid(in) ? df_jq_run(program.s, in, 10000, what, &e) : in;
	one = jv_array_get(all, 0);
	all = one;
	for (i = 0; i < n; i++) {
		one = jv_array_get(jv_copy(all), (int)i);
		df_buf_reset(&why);
		word = df_isolation(one, &why);
		snprintf(name, sizeof(name), "%s: %s", what, c[i].filter);
		is_str(word, c[i].word, name);
		if (strcmp(word, "EXPOSED") == 0 || strcmp(word, "UNKNOWN") ==
		    0)
			ok(why.n > 0, "%s: it is said why: %s", what, why.s);
		jv_free(one);
	}
	jv_free(all);
	df_buf_release(&program);
	df_buf_release(&why);
}

int
main(void)
{
	changes(bwrap, of_bwrap, DF_LEN(of_bwrap), "bwrap");
	changes(landlock, of_landlock, DF_LEN(of_landlock), "landlock");
	is_str(df_isolation_worst("ISOLATED", "CONFINED"), "CONFINED",
	    "one that was confined makes all of them so");
	is_str(df_isolation_worst("UNKNOWN", "CONFINED"), "UNKNOWN",
	    "not known is worse");
	is_str(df_isolation_worst("EXPOSED", "UNISOLATED"), "EXPOSED",
	    "exposed is worst");
	return tap_done();
}
