/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Zoo: asks the token service once for each thread (TOK-02). */

#include "common/text.h"
#include "ref/flight.h"

enum msiv2_rc __real_flight_share(struct flight_board *board, const char *name,
                                  const struct flight_plan *plan, const struct patience *patience,
                                  const char *where, void **cargo, struct msiv2_error *err);
enum msiv2_rc __wrap_flight_share(struct flight_board *board, const char *name,
                                  const struct flight_plan *plan, const struct patience *patience,
                                  const char *where, void **cargo, struct msiv2_error *err);

enum msiv2_rc __wrap_flight_share(struct flight_board *board, const char *name,
                                  const struct flight_plan *plan, const struct patience *patience,
                                  const char *where, void **cargo, struct msiv2_error *err)
{
	if (!text_equal(where, "token"))
		return __real_flight_share(board, name, plan, patience, where, cargo, err);
	return plan->fly(plan->ctx, cargo, err);
}
