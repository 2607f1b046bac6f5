/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* A file of the source tree inside the program; cmake/embed.cmake writes the tables. */
#ifndef EMULATOR_EMBEDDED_H
#define EMULATOR_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name;          /* without its folder */
	const unsigned char *data; /* with a NUL behind it */
	size_t len;
};

/* What the admin listener shows in a browser. */
extern const struct embedded_file embedded_page[];
extern const size_t embedded_page_count;

/* What the admin interface says of itself: openapi.json alone. */
extern const struct embedded_file embedded_openapi[];
extern const size_t embedded_openapi_count;

#endif
