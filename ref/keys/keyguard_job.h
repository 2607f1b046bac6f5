/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Something done with a module that ends in time even when the module does not: the work is on a
 * thread of its own, and at the deadline the caller goes without it. PKCS#11 has no way to
 * interrupt a call, so a thread left behind ends when the module lets it, and cleans up after
 * itself; from then on it uses nothing of the caller's. */
#ifndef REF_KEYS_KEYGUARD_JOB_H
#define REF_KEYS_KEYGUARD_JOB_H

#include <pthread.h>

#include "common/bytes.h"
#include "key.h"
#include "pkcs11_module.h"

struct keyguard_job;

typedef enum msiv2_rc (*keyguard_work)(struct keyguard_job *job);

struct keyguard_job {
	/* For the work: the place with its defaults filled in (copies), log and clock that fall
	 * silent when the caller is gone, and how long it may take. */
	struct key_place place;
	struct pkcs11_patience patience;
	struct bytes input;
	/* Of the caller, for the key that outlives the job; the work does not call it. */
	const struct msiv2_clock *clock;
	/* What the work gives; freed when nobody takes it. */
	struct key *key;
	struct bytes output;
	struct pkcs11_trouble trouble;
	/* Of the job itself. */
	struct msiv2_clock job_clock;
	struct log caller_log;
	struct lifesign lifesign; /* of the caller, told by its own thread */
	char *name;
	char *module;
	char *token_label;
	char *pin_file;
	keyguard_work work;
	enum msiv2_rc rc;
	unsigned owners;
	bool done;
	bool abandoned;
	pthread_mutex_t lock;
	pthread_cond_t ended;
};

/* A job at a place; input (may be NULL) is copied. The caller owns it. lack and error as in
 * provider.h. */
MSIV2_MUST_USE enum msiv2_rc keyguard_job_new(const struct key_place *place, keyguard_work work,
                                              const void *input, size_t input_len,
                                              struct keyguard_job **out, struct msiv2_error *err);
/* Does the work, by the deadline. The results are in the job when this is MSIV2_OK; the reason is
 * in *lack (may be NULL) and err otherwise. */
MSIV2_MUST_USE enum msiv2_rc keyguard_job_run(struct keyguard_job *job, int64_t deadline_us,
                                              enum key_lack *lack, struct msiv2_error *err);
/* The caller's part in it ends. NULL is allowed. */
void keyguard_job_free(struct keyguard_job *job);
DEFINE_OWNED_STRUCT(keyguard_job, keyguard_job_free)

#endif
