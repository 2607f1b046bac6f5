/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2-shim: the reference client for the conformance suite, by the public face of libmsiv2. It
 * speaks docs/shim.md on its standard streams. --real-time: it waits instead of announcing waits,
 * and does not name virtual_time. */

#include <stdio.h>

#include "common/text.h"
#include "shim_command.h"

#define EXIT_USAGE 2
#define EXIT_LOST  1 /* the runner broke the protocol, or memory ran out */

/* Until quit or the end of the input. False when a reply could not be made or sent. */
static bool serve(struct shim_channel *channel, struct shim_session *session)
{
	OWNED_STRUCT(bytes) line = {.limit = SHIM_LINE_MAX + 1};
	bool quit = false;

	while (!quit && shim_channel_read(channel, &line)) {
		struct shim_reply reply;
		bool done;

		shim_command_run(session, &line, &reply, &quit);
		done = !reply.failed && !channel->ended;
		if (done)
			shim_channel_write(channel, reply.tree);
		shim_reply_free(&reply);
		if (!done || channel->ended)
			return false;
	}
	return quit || feof(channel->in) != 0;
}

int main(int argc, char **argv)
{
	bool real_time = argc == 2 && text_equal(argv[1], "--real-time");
	struct shim_channel channel;
	struct shim_clock clock;
	struct shim_session session = {.clock = &clock};
	struct shim_reply hello;
	bool served;

	if (argc > 1 && !real_time) {
		(void)fprintf(stderr, "usage: msiv2-shim [--real-time]\n");
		return EXIT_USAGE;
	}
	shim_channel_init(&channel, stdin, stdout);
	shim_clock_init(&clock, real_time ? NULL : &channel);
	shim_reply_hello(&hello, !real_time);
	if (!hello.failed)
		shim_channel_write(&channel, hello.tree);
	shim_reply_free(&hello);
	served = serve(&channel, &session);
	shim_session_free(&session);
	return served ? 0 : EXIT_LOST;
}
