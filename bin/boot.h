/*
 * boot.h - the parts of df-boot: everything that it resolved, and the run that
 * this becomes.
 *
 *	struct df_boot b;
 *
 *	df_boot_init(&b);
 *	... fill the members ...
 *	df_boot_create(&b, "runs", &e);
 *		seals the suite, scans what builders will read for it, and
 *		makes runs/NAME with lines 1 and 2 of its log
 *	df_boot_release(&b);
 *
 * The records are those of seed 001, steps 2 to 4.  No clock is in any of them
 * and only the nonce, and what age makes of the suite, is random.
 */
#ifndef DF_BIN_BOOT_H
#define DF_BIN_BOOT_H

#include "evidence/age.h"
#include "run/ids.h"
#include "run/ledger.h"
#include "run/origin.h"
#include "run/profile.h"
#include "run/sealing.h"
#include "run/step.h"
#include "run/waiver.h"
#include "spec/check.h"
#include "spec/suite.h"
#include "work/adapter.h"
#include "work/basetree.h"
#include "work/protect.h"

struct df_boot {
	struct df_factory factory;	/* dir -1: none */
	struct df_profile profile;
	jv submission;			/* invalid: none */
	struct df_buf submission_text;
	struct df_spec spec;		/* passed its checks */
	struct df_check check;
	struct df_waivers waivers;	/* for findings of check */
	jv dependencies;		/* [{mode, name}] */
	struct df_adapter adapter;
	jv adapter_host;		/* invalid: no adapter */
	struct df_protect protect;
	const char *base;		/* as df_base_take() has it */
	int dirty;
	struct df_list exclude;		/* of base: malloc'd real paths */
	struct df_origin origin;	/* when have_origin */
	int have_origin;

	struct df_trust_files trust_files;
	struct df_trust trust;
	char root[DF_FP_STR];
	struct df_key *key;		/* signs as df-run */
	const struct df_signer *me;

	int sealed;			/* beforehand: sealing, and no suite */
	struct df_sealing sealing;
	struct df_sealed suite;
	struct df_suite_count count;
	struct df_buf commitment, age;	/* of the suite, once sealed */
	jv recipients;			/* who may unseal */
	char suite_id[DF_SUITE_STR];	/* "" without a factory */
	uint8_t nonce[16];

	/* What came of it. */
	char key_hex[DF_KEY_STR], name[64];
	int64_t instance;
};

void df_boot_init(struct df_boot *b);
void df_boot_release(struct df_boot *b);	/* zeroes the suite */

/*
 * Make the run below parent, which is made when it is not there.  Its name is
 * the next instance that neither parent nor the factory has.  DF_REFUSED
 * "holdout.leak" when builders would read the suite; on failure nothing is
 * left.
 */
int df_boot_create(struct df_boot *b, const char *parent, struct df_err *e)
	DF_CHECK;

/* Take the suite from what df-holdout seal made; needs b->trust. */
int df_boot_sealed(struct df_boot *b, const char *dir, struct df_err *e)
	DF_CHECK;
/* Is the specification that was read the public part of what it was sealed
   with, and nothing else?  DF_REFUSED "sealed.d9", "sealed.d1" ... */
int df_boot_sealed_spec(struct df_boot *b, struct df_err *e) DF_CHECK;

/* The records, for boot.c. */

/* What a suite sealed beforehand adds to line 1. */
int df_boot_sealed_put(struct df_boot *b, struct df_step *s,
	struct df_commit *c, struct df_err *e) DF_CHECK;
jv df_boot_validation(const struct df_boot *b);

/* run.json without what names the run; documents is eaten. */
jv df_boot_envelope(struct df_boot *b, const struct df_base *base,
	const struct df_digest *spec, jv documents);
/* b->key_hex, of the public inputs only: the same ones give the same name. */
void df_boot_run_key(struct df_boot *b, const struct df_base *base,
	const struct df_digest *spec);
/* boot.host.json */
jv df_boot_host(const struct df_boot *b);
/* The data of run.created. */
jv df_boot_created(const struct df_boot *b);

#endif
