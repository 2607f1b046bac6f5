/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void log_line(const struct log *log, enum msiv2_log_level level, const char *fmt, ...)
{
	char line[1000];
	va_list args;
	int n;

	if (log->write == NULL || level > log->level)
		return;
	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n < 0)
		return;
	for (char *c = line; *c != '\0'; c++) {
		if ((uint8_t)*c < 0x20 || *c == 0x7F)
			*c = '?';
	}
	log->write(log->ctx, level, line);
}
