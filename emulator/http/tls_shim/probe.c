/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Asked at configure time: does the installed civetweb start its TLS without help? */
#include <civetweb.h>

int main(void)
{
	return mg_init_library(MG_FEATURES_TLS) & MG_FEATURES_TLS ? 0 : 1;
}
