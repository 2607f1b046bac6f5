/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Times, lengths and ids as people read them. Pure functions. */

const UNITS = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];

/* "6 d 23 h", "40 s": the two largest units. */
export function span(seconds) {
	const parts = [];
	let left = Math.abs(Math.trunc(seconds));
	for (const [unit, size] of UNITS) {
		if (left >= size || (unit === 's' && parts.length === 0))
			parts.push(`${Math.floor(left / size)} ${unit}`);
		left %= size;
	}
	return parts.slice(0, 2).join(' ');
}

/* "in 6 d 23 h", "2 h ago". */
export function until(seconds) {
	return seconds >= 0 ? `in ${span(seconds)}` : `${span(seconds)} ago`;
}

/* "2026-11-21 03:51:13Z" of seconds since 1970. */
export function utc(seconds) {
	return new Date(seconds * 1000).toISOString().replace('T', ' ').replace(/\.\d+Z/, 'Z');
}

/* "03:51:13" of "2026-11-21T03:51:13Z". */
export function clockTime(text) {
	return text.slice(11, 19);
}

/* "45 us", "1.9 ms", "1.2 s" of microseconds. */
export function duration(us) {
	if (us < 1000)
		return `${us} \u00b5s`;
	return us < 1e6 ? `${(us / 1000).toFixed(us < 1e5 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;
}

/* The first eight characters of an id. */
export function short(id) {
	return id ? id.slice(0, 8) : '';
}

/* "CN=..., DC=..." reads better from the most particular part on. */
export function commonName(subject) {
	const found = /(?:^|,)CN=((?:\\.|[^,\\])*)/.exec(subject || '');
	return found ? found[1] : subject || '';
}

/* "not_yet_valid" as words. */
export function words(state) {
	return state.replaceAll('_', ' ');
}

const TONES = {
	valid: 'good', good: 'good', expired: 'warn', not_yet_valid: 'warn', revoked: 'bad', bad: 'bad',
	foreign: 'bad', not_for_client: 'bad', unreadable: 'bad', malformed: 'bad', bad_signature: 'bad',
	no_key: 'bad', MUST: 'bad', SHOULD: 'warn', reject: 'bad', note: 'warn',
};

/* How a state is to be coloured. */
export function tone(state) {
	return TONES[state] || 'plain';
}
