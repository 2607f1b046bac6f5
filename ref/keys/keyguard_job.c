/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "keyguard_job.h"

#include <signal.h>
#include <time.h>

#include "common/clock.h"
#include "common/mem.h"

#define DEFAULT_NAME  "msiv2"
#define DEFAULT_LABEL "msiv2"
/* The caller's clock is asked this often; somebody else's may jump. */
#define SLICE_US (20 * CLOCK_US_PER_MS)
/* The work looks at the same deadline and has the better words for it. */
#define GRACE_US (50 * CLOCK_US_PER_MS)

/* ---- what the work sees of the caller ---- */

static int64_t job_now_s(void *ctx)
{
	struct keyguard_job *job = ctx;
	int64_t now_s;

	(void)pthread_mutex_lock(&job->lock);
	now_s = job->abandoned ? 0 : clock_now_s(job->clock);
	(void)pthread_mutex_unlock(&job->lock);
	return now_s;
}

/* For one who was left behind every deadline is over. */
static int64_t job_mono_us(void *ctx)
{
	struct keyguard_job *job = ctx;
	int64_t now_us;

	(void)pthread_mutex_lock(&job->lock);
	now_us = job->abandoned ? CLOCK_NEVER - 1 : clock_mono_us(job->clock);
	(void)pthread_mutex_unlock(&job->lock);
	return now_us;
}

/* Locked meanwhile, so that the clock stays; waits are short. */
static void job_wait_us(void *ctx, int64_t wait_us)
{
	struct keyguard_job *job = ctx;

	(void)pthread_mutex_lock(&job->lock);
	if (!job->abandoned)
		clock_wait_us(job->clock, wait_us);
	(void)pthread_mutex_unlock(&job->lock);
}

static void job_log(void *ctx, enum msiv2_log_level level, const char *line)
{
	struct keyguard_job *job = ctx;

	(void)pthread_mutex_lock(&job->lock);
	if (!job->abandoned && job->caller_log.write != NULL)
		job->caller_log.write(job->caller_log.ctx, level, line);
	(void)pthread_mutex_unlock(&job->lock);
}

/* ---- making and freeing ---- */

static void destroy(struct keyguard_job *job)
{
	key_free(job->key);
	bytes_free(&job->input);
	bytes_free(&job->output);
	mem_free(job->name);
	mem_free(job->module);
	mem_free(job->token_label);
	mem_free(job->pin_file);
	(void)pthread_cond_destroy(&job->ended);
	(void)pthread_mutex_destroy(&job->lock);
	mem_free(job);
}

static void leave(struct keyguard_job *job)
{
	bool last;

	(void)pthread_mutex_lock(&job->lock);
	last = --job->owners == 0;
	(void)pthread_mutex_unlock(&job->lock);
	if (last)
		destroy(job);
}

void keyguard_job_free(struct keyguard_job *job)
{
	if (job != NULL)
		leave(job);
}

static const char *or_default(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static bool copy_place(struct keyguard_job *job, const struct key_place *place)
{
	const char *module = or_default(place->module, pkcs11_module_default());

	job->name = mem_strdup(or_default(place->name, DEFAULT_NAME));
	job->token_label = mem_strdup(or_default(place->token_label, DEFAULT_LABEL));
	job->module = mem_strdup(module);
	job->pin_file = mem_strdup(place->pin_file);
	job->clock = place->clock != NULL ? place->clock : clock_system();
	job->job_clock = (struct msiv2_clock){job_now_s, job_mono_us, job_wait_us, job};
	job->caller_log = place->log;
	job->place = (struct key_place){.name = job->name,
	                                .existing = place->existing,
	                                .module = job->module,
	                                .token_label = job->token_label,
	                                .pin_file = job->pin_file,
	                                .clock = &job->job_clock,
	                                .log = {job_log, job, place->log.level}};
	if (place->log.write == NULL)
		job->place.log = (struct log){0};
	return job->name != NULL && job->token_label != NULL &&
	       (module == NULL || job->module != NULL) &&
	       (place->pin_file == NULL || job->pin_file != NULL);
}

enum msiv2_rc keyguard_job_new(const struct key_place *place, keyguard_work work, const void *input,
                               size_t input_len, struct keyguard_job **out, struct msiv2_error *err)
{
	OWNED_STRUCT(keyguard_job) *job = mem_alloc(sizeof(*job));
	pthread_condattr_t attributes;

	if (job == NULL)
		return err_no_memory(err, PKCS11_WHERE);
	(void)pthread_mutex_init(&job->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&job->ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	job->owners = 1;
	job->work = work;
	if (input != NULL)
		bytes_add(&job->input, input, input_len);
	if (!copy_place(job, place) || job->input.failed)
		return err_no_memory(err, PKCS11_WHERE);
	*out = steal(&job);
	return MSIV2_OK;
}

/* ---- running ---- */

static void *run(void *arg)
{
	struct keyguard_job *job = arg;
	enum msiv2_rc rc = job->work(job);

	(void)pthread_mutex_lock(&job->lock);
	job->rc = rc;
	job->done = true;
	(void)pthread_cond_broadcast(&job->ended);
	(void)pthread_mutex_unlock(&job->lock);
	leave(job);
	return NULL;
}

/* The program's signals are for the program's threads. */
static bool start_thread(struct keyguard_job *job, pthread_t *thread)
{
	sigset_t all;
	sigset_t before;
	bool started;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	job->owners++; /* nobody else knows the job yet */
	started = pthread_create(thread, NULL, run, job) == 0;
	if (!started)
		job->owners--;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

/* The job is locked. */
static void nap(struct keyguard_job *job, int64_t nap_us)
{
	int64_t until_us = clock_mono_us(clock_system()) + nap_us;
	struct timespec until = {.tv_sec = until_us / CLOCK_US_PER_S,
	                         .tv_nsec = until_us % CLOCK_US_PER_S * 1000};

	(void)pthread_cond_timedwait(&job->ended, &job->lock, &until);
}

/* True when the work ended in time; otherwise it is on its own from now on. */
static bool wait_for(struct keyguard_job *job, int64_t deadline_us)
{
	bool done;

	(void)pthread_mutex_lock(&job->lock);
	while (!job->done && clock_left_us(job->clock, deadline_us) > 0)
		nap(job, SLICE_US);
	if (!job->done)
		nap(job, GRACE_US);
	done = job->done;
	job->abandoned = !done;
	(void)pthread_mutex_unlock(&job->lock);
	return done;
}

static enum msiv2_rc finish(enum msiv2_rc rc, enum key_lack is, const struct msiv2_error *why,
                            enum key_lack *lack, struct msiv2_error *err)
{
	if (lack != NULL)
		*lack = rc == MSIV2_OK ? KEY_LACK_NONE : is;
	if (rc != MSIV2_OK && err != NULL)
		*err = *why;
	return rc;
}

enum msiv2_rc keyguard_job_run(struct keyguard_job *job, int64_t deadline_us, enum key_lack *lack,
                               struct msiv2_error *err)
{
	struct pkcs11_trouble trouble = {.module = job->module, .token = job->token_label};
	pthread_t thread;
	enum msiv2_rc rc;

	job->patience = (struct pkcs11_patience){&job->job_clock, deadline_us};
	job->trouble = trouble;
	if (!start_thread(job, &thread))
		return finish(pkcs11_says(&trouble, KEY_LACK_BROKEN, "cannot start a thread"),
		              trouble.lack, &trouble.error, lack, err);
	if (!wait_for(job, deadline_us)) {
		(void)pthread_detach(thread);
		rc = err_set(&trouble.error, MSIV2_TIMEOUT, PKCS11_WHERE,
		             "the PKCS#11 module %s does not answer in time", job->module);
		return finish(rc, KEY_LACK_BROKEN, &trouble.error, lack, err);
	}
	/* It has nothing left to do but to end. A program that exits meanwhile would have OpenSSL
	 * clean up twice at once. */
	(void)pthread_join(thread, NULL);
	return finish(job->rc, job->trouble.lack, &job->trouble.error, lack, err);
}
