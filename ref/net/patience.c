/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "patience.h"

#include <stddef.h>

#include "common/clock.h"

int64_t patience_left_us(const struct patience *patience)
{
	return clock_left_us(patience->clock, patience->deadline_us);
}

bool patience_cancelled(const struct patience *patience)
{
	return patience->cancelled != NULL && patience->cancelled(patience->cancelled_ctx);
}

bool patience_covers(const struct patience *patience, int64_t wait_us)
{
	bool covered = patience_left_us(patience) > wait_us;

	if (!covered && patience->cut_short != NULL)
		*patience->cut_short = true;
	return covered;
}

int64_t patience_nap_us(const struct patience *patience, int64_t most_us)
{
	bool exact = patience->cancelled == NULL && patience->clock == clock_system();
	int64_t nap = exact || most_us < PATIENCE_SLICE_US ? most_us : PATIENCE_SLICE_US;
	int64_t left = patience_left_us(patience);

	return left < nap ? left : nap;
}

void lifesign_tell(const struct lifesign *lifesign, bool step)
{
	if (lifesign->tell != NULL)
		lifesign->tell(lifesign->ctx, step);
}

enum msiv2_rc patience_check(const struct patience *patience, const char *where,
                             struct msiv2_error *err)
{
	if (patience_cancelled(patience))
		return err_set(err, MSIV2_TIMEOUT, where, "cancelled by the caller");
	if (patience_left_us(patience) == 0)
		return err_set(err, MSIV2_TIMEOUT, where, "the deadline has passed");
	lifesign_tell(&patience->lifesign, false);
	return MSIV2_OK;
}

static int64_t slice_us(const struct patience *patience, int64_t wait_us)
{
	int64_t most = patience->lifesign.tell != NULL ? PATIENCE_SIGN_US : wait_us;
	int64_t left = patience_left_us(patience);

	most = patience->cancelled != NULL ? PATIENCE_SLICE_US : most;
	most = most < wait_us ? most : wait_us;
	return most < left ? most : left;
}

enum msiv2_rc patience_wait(const struct patience *patience, int64_t wait_us, const char *where,
                            struct msiv2_error *err)
{
	/* Counted down, not read back: a lent clock may return early and must not make this spin.
	 */
	while (wait_us > 0) {
		int64_t slice;

		TRY(patience_check(patience, where, err));
		slice = slice_us(patience, wait_us);
		clock_wait_us(patience->clock, slice);
		wait_us -= slice;
	}
	TRY(patience_check(patience, where, err));
	lifesign_tell(&patience->lifesign, true);
	return MSIV2_OK;
}
