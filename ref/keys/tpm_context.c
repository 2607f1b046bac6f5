/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "tpm_context.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "common/mem.h"
#include "tpm_error.h"
#include "tpm_link.h"

#define WHERE "key.hardware"

#define FIRST_WAIT_US INT64_C(2000)
#define MOST_WAIT_US  INT64_C(200000)

struct tpm_context {
	pthread_mutex_t lock;
	pthread_cond_t left;
	const struct msiv2_clock *clock; /* these two stay as they are */
	struct log log;
	struct lifesign lifesign; /* before the context is shared, and none from then on */
	bool busy;                /* somebody has the turn; what follows is that one's */
	struct tpm_link link;
	struct patience patience;
	ESYS_CONTEXT *esys;
	unsigned generation;
	pid_t process;          /* whose connection it is */
	unsigned held;          /* transient objects of this operation */
	int64_t retry_until_us; /* 0 = the last call did not have to be repeated */
	int64_t wait_us;        /* before the next repetition */
	bool broken;            /* the link failed: ESYS cannot go on */
	bool stale;             /* ESYS remembers what is not so any more */
	enum key_lack lack;     /* of the last failure; under the lock, too */
};

static void init_turns(struct tpm_context *tpm)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&tpm->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&tpm->left, &attr);
	(void)pthread_condattr_destroy(&attr);
}

/* The module must be there; whether it reaches a TPM shows when a command is sent. */
static enum msiv2_rc check_module(const struct tpm_address *address, enum key_lack *lack,
                                  struct msiv2_error *err)
{
	TSS2_TCTI_INFO *info = NULL;

	if (address->way != TPM_WAY_MODULE)
		return MSIV2_OK;
	if (Tss2_TctiLdr_GetInfo(address->module, &info) != TSS2_RC_SUCCESS) {
		*lack = KEY_LACK_ABSENT;
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "tpm2-tss has no TCTI module '%s' on this machine", address->module);
	}
	Tss2_TctiLdr_FreeInfo(&info);
	return MSIV2_OK;
}

static enum msiv2_rc find_address(const char *tcti, struct tpm_address *out, enum key_lack *lack,
                                  struct msiv2_error *err)
{
	*lack = KEY_LACK_ABSENT;
	if (tcti == NULL && access(TPM_DEFAULT_DEVICE, F_OK) != 0)
		return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE,
		               "no TPM: there is no %s, and none is named", TPM_DEFAULT_DEVICE);
	*lack = KEY_LACK_BROKEN;
	TRY(tpm_address_parse(tcti != NULL ? tcti : "device:" TPM_DEFAULT_DEVICE, out, err));
	return check_module(out, lack, err);
}

enum msiv2_rc tpm_context_new(const struct key_place *place, struct tpm_context **out,
                              enum key_lack *lack, struct msiv2_error *err)
{
	struct tpm_address address;
	struct tpm_context *tpm;

	TRY(find_address(place->tcti, &address, lack, err));
	tpm = mem_alloc(sizeof(*tpm));
	if (tpm == NULL)
		return err_no_memory(err, WHERE);
	init_turns(tpm);
	tpm_link_init(&tpm->link, &address);
	tpm->link.patience = &tpm->patience;
	tpm->clock = place->clock != NULL ? place->clock : clock_system();
	tpm->log = place->log;
	tpm->lifesign = place->lifesign;
	*out = tpm;
	return MSIV2_OK;
}

/* ESYS does not go on after a link failed, so both begin anew. */
static void hang_up(struct tpm_context *tpm)
{
	Esys_Finalize(&tpm->esys);
	tpm_link_close(&tpm->link);
	tpm->broken = false;
	tpm->stale = false;
}

void tpm_context_free(struct tpm_context *tpm)
{
	if (tpm == NULL)
		return;
	hang_up(tpm);
	(void)pthread_cond_destroy(&tpm->left);
	(void)pthread_mutex_destroy(&tpm->lock);
	mem_free(tpm);
}

static void nap(struct tpm_context *tpm, const struct patience *patience)
{
	int64_t until_us =
	        clock_mono_us(clock_system()) + patience_nap_us(patience, CLOCK_US_PER_S);
	struct timespec until = {.tv_sec = until_us / CLOCK_US_PER_S,
	                         .tv_nsec = until_us % CLOCK_US_PER_S * 1000};

	(void)pthread_cond_timedwait(&tpm->left, &tpm->lock, &until);
}

static enum msiv2_rc take_turn(struct tpm_context *tpm, const struct patience *patience,
                               struct msiv2_error *err)
{
	enum msiv2_rc rc = MSIV2_OK;

	(void)pthread_mutex_lock(&tpm->lock);
	while (tpm->busy && rc == MSIV2_OK) {
		nap(tpm, patience);
		if (tpm->busy)
			rc = patience_check(patience, WHERE, err);
	}
	if (rc == MSIV2_OK)
		tpm->busy = true;
	(void)pthread_mutex_unlock(&tpm->lock);
	return rc;
}

/* After fork() a connection is the parent's, who may be using it. */
static void leave_parent_alone(struct tpm_context *tpm)
{
	pid_t now = getpid();

	if (tpm->process != now && tpm->process != 0)
		hang_up(tpm);
	tpm->process = now;
}

static enum msiv2_rc start_esys(struct tpm_context *tpm, struct msiv2_error *err)
{
	TSS2_RC rc;

	leave_parent_alone(tpm);
	if (tpm->esys != NULL)
		return MSIV2_OK;
	rc = Esys_Initialize(&tpm->esys, tpm_link_tcti(&tpm->link), NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(tpm, "Esys_Initialize", rc, err);
	tpm->generation++;
	return MSIV2_OK;
}

void tpm_share(struct tpm_context *tpm)
{
	tpm->lifesign = (struct lifesign){0};
	tpm->patience.lifesign = tpm->lifesign;
}

enum msiv2_rc tpm_enter(struct tpm_context *tpm, int64_t deadline_us, struct msiv2_error *err)
{
	const struct patience patience = {
	        .clock = tpm->clock, .deadline_us = deadline_us, .lifesign = tpm->lifesign};
	enum msiv2_rc rc;

	TRY(take_turn(tpm, &patience, err));
	tpm->patience = patience;
	tpm->held = 0;
	tpm->retry_until_us = 0;
	rc = start_esys(tpm, err);
	if (rc != MSIV2_OK)
		tpm_leave(tpm);
	return rc;
}

void tpm_leave(struct tpm_context *tpm)
{
	if (tpm->broken || tpm->stale)
		hang_up(tpm);
	else
		tpm_link_release(&tpm->link);
	(void)pthread_mutex_lock(&tpm->lock);
	tpm->busy = false;
	(void)pthread_cond_signal(&tpm->left);
	(void)pthread_mutex_unlock(&tpm->lock);
}

ESYS_CONTEXT *tpm_esys(struct tpm_context *tpm)
{
	return tpm->esys;
}

unsigned tpm_generation(const struct tpm_context *tpm)
{
	return tpm->generation;
}

static bool passes(const struct tpm_context *tpm, TSS2_RC rc)
{
	enum tpm_trouble trouble = tpm_error_trouble(rc);

	return trouble == TPM_TROUBLE_BUSY || (trouble == TPM_TROUBLE_CROWDED && tpm->held == 0);
}

bool tpm_again(struct tpm_context *tpm, TSS2_RC rc)
{
	int64_t now_us = clock_mono_us(tpm->clock);

	if (!passes(tpm, rc)) {
		tpm->retry_until_us = 0;
		return false;
	}
	if (tpm->retry_until_us == 0) {
		tpm->retry_until_us = now_us + TPM_RETRY_US;
		tpm->wait_us = FIRST_WAIT_US;
	}
	if (now_us + tpm->wait_us > tpm->retry_until_us ||
	    !patience_covers(&tpm->patience, tpm->wait_us))
		return false;
	/* Whoever is to free a slot of a swtpm must be let in. */
	if (tpm->held == 0)
		tpm_link_release(&tpm->link);
	clock_wait_us(tpm->clock, tpm->wait_us);
	tpm->wait_us = tpm->wait_us * 2 < MOST_WAIT_US ? tpm->wait_us * 2 : MOST_WAIT_US;
	return true;
}

static void note_lack(struct tpm_context *tpm, enum key_lack lack)
{
	(void)pthread_mutex_lock(&tpm->lock);
	tpm->lack = lack;
	(void)pthread_mutex_unlock(&tpm->lock);
}

/* The link knows better than the code it could return. */
static enum msiv2_rc fail_link(struct tpm_context *tpm, const char *call, struct msiv2_error *err)
{
	const struct msiv2_error *why = &tpm->link.trouble;

	if (why->rc == MSIV2_TIMEOUT)
		return err_set(err, MSIV2_TIMEOUT, WHERE,
		               "%s: no answer in time from the TPM at %s", call, tpm_where(tpm));
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "%s: the TPM at %s does not answer: %s",
	               call, tpm_where(tpm), why->message);
}

enum msiv2_rc tpm_fail(struct tpm_context *tpm, const char *call, TSS2_RC rc,
                       struct msiv2_error *err)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
	enum msiv2_rc result;

	note_lack(tpm, tpm->link.denied ? KEY_LACK_REFUSED : tpm_error_lack(rc));
	tpm->broken = layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER;
	result = tpm->link.trouble.rc != MSIV2_OK ? fail_link(tpm, call, err)
	                                          : tpm_error_set(err, call, rc);
	err_clear(&tpm->link.trouble);
	tpm->link.denied = false;
	return result;
}

enum msiv2_rc tpm_refuse(struct tpm_context *tpm, struct msiv2_error *err, const char *fmt, ...)
{
	char words[400];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	note_lack(tpm, KEY_LACK_REFUSED);
	return err_set(err, MSIV2_KEY_UNAVAILABLE, WHERE, "%s", words);
}

void tpm_forget(struct tpm_context *tpm)
{
	tpm->stale = true;
}

void tpm_holds(struct tpm_context *tpm)
{
	tpm->held++;
}

void tpm_flush(struct tpm_context *tpm, ESYS_TR transient)
{
	TSS2_RC rc;

	if (tpm->broken)
		return;
	do
		rc = Esys_FlushContext(tpm->esys, transient);
	while (tpm_again(tpm, rc));
	if (rc != TSS2_RC_SUCCESS)
		(void)tpm_fail(tpm, "Esys_FlushContext", rc, NULL);
	else
		tpm->held--;
}

enum key_lack tpm_lack(struct tpm_context *tpm)
{
	enum key_lack lack;

	(void)pthread_mutex_lock(&tpm->lock);
	lack = tpm->lack;
	(void)pthread_mutex_unlock(&tpm->lock);
	return lack;
}

const struct msiv2_clock *tpm_clock(const struct tpm_context *tpm)
{
	return tpm->clock;
}

const char *tpm_where(const struct tpm_context *tpm)
{
	return tpm->link.address.text;
}

void tpm_log(const struct tpm_context *tpm, const char *line, uint32_t handle)
{
	log_line(&tpm->log, MSIV2_LOG_INFO, "key.hardware: %s (handle 0x%08x)", line,
	         (unsigned)handle);
}
