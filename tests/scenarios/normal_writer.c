/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Reads a journal (GET /journal) from its standard input and prints it as normal.h makes it. */
#include <stdio.h>

#include "scenarios/runner/normal.h"

int main(void)
{
	OWNED_STRUCT(bytes) text = {0};
	OWNED_STRUCT(bytes) normal = {0};
	OWNED(cJSON) *journal = NULL;
	char part[4096];
	size_t len;

	while ((len = fread(part, 1, sizeof(part), stdin)) > 0)
		bytes_add(&text, part, len);
	journal = cJSON_Parse(bytes_text(&text));
	if (!journal)
		return 2;
	normal_journal(journal, &normal);
	return !normal.failed && fwrite(normal.data, 1, normal.len, stdout) == normal.len ? 0 : 1;
}
