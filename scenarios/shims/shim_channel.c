/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include "shim_channel.h"

void shim_channel_init(struct shim_channel *channel, FILE *in, FILE *out)
{
	*channel = (struct shim_channel){.in = in, .out = out};
	(void)pthread_mutex_init(&channel->lock, NULL);
}

bool shim_channel_read(struct shim_channel *channel, struct bytes *line)
{
	int c = EOF;

	bytes_clear(line);
	while (!channel->ended && !line->failed && (c = getc(channel->in)) != EOF && c != '\n')
		bytes_add_byte(line, (uint8_t)c);
	channel->ended = channel->ended || c != '\n' || line->failed || line->len > SHIM_LINE_MAX;
	return !channel->ended;
}

void shim_channel_write(struct shim_channel *channel, const cJSON *tree)
{
	OWNED_STRUCT(bytes) line = {0};

	json_print(tree, &line);
	bytes_add_byte(&line, '\n');
	if (line.failed || fwrite(line.data, 1, line.len, channel->out) != line.len ||
	    fflush(channel->out) != 0)
		channel->ended = true;
}

/* One question and its answer; the channel is locked. */
static bool ask(struct shim_channel *channel, int64_t wait_ms, int64_t *waited_ms)
{
	static const struct blame blame = {MSIV2_CONFIG, "waited_ms"};
	OWNED(cJSON) *question = cJSON_CreateObject();
	OWNED_STRUCT(bytes) line = {.limit = SHIM_LINE_MAX + 1};
	OWNED(cJSON) *answer = NULL;

	if (cJSON_AddNumberToObject(question, "wait_ms", (double)wait_ms) == NULL)
		return false;
	shim_channel_write(channel, question);
	return shim_channel_read(channel, &line) &&
	       json_parse_object(line.data, line.len, &blame, &answer, NULL) == MSIV2_OK &&
	       json_need_integer(answer, "waited_ms", 0, wait_ms, false, &blame, waited_ms, NULL) ==
	               MSIV2_OK;
}

int64_t shim_channel_wait(struct shim_channel *channel, int64_t wait_ms)
{
	int64_t waited_ms = wait_ms;

	(void)pthread_mutex_lock(&channel->lock);
	if (!channel->ended && !ask(channel, wait_ms, &waited_ms)) {
		channel->ended = true;
		waited_ms = wait_ms;
	}
	(void)pthread_mutex_unlock(&channel->lock);
	return waited_ms;
}
