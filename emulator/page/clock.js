/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The world's clock: shown, running between two looks, and moved. */
import {h, say} from './dom.js';
import {span, until, utc} from './format.js';

const STEPS = [['+1 h', 3600, '1 hour'], ['+1 day', 86400, '1 day'], ['+7 days', 604800, '7 days']];

const shown = h('time', {class: 'now'});
const away = h('span', {class: 'muted away'});
const freeze = h('button', {type: 'button', class: 'quiet', 'aria-pressed': 'false', id: 'freeze',
	text: 'Freeze', onclick: () => move({frozen: freeze.getAttribute('aria-pressed') !== 'true'})});
let app = null;
let look = null;

/* World time in seconds, now. */
export function now() {
	if (!look)
		return 0;
	return look.frozen ? look.now : look.now + (performance.now() - look.at) / 1000;
}

/* Once a second: the clock, and every text that says how long until something. */
export function tick() {
	if (!look)
		return;
	const text = utc(now());
	if (shown.textContent !== text) {
		shown.textContent = text;
		shown.dateTime = text.replace(' ', 'T');
	}
	for (const node of document.querySelectorAll('[data-until]')) {
		const words = until(Number(node.dataset.until) - now());
		if (node.textContent !== words)
			node.textContent = words;
	}
}

/* "in 6 d 23 h", kept true by tick(). */
export function countdown(seconds) {
	return h('span', {class: 'muted', dataset: {until: seconds}, text: until(seconds - now())});
}

function take(answer) {
	look = {...answer, at: performance.now()};
	freeze.setAttribute('aria-pressed', String(answer.frozen));
	away.textContent = [
		answer.offset_s === 0 ? '' :
			`${span(answer.offset_s)} ${answer.offset_s > 0 ? 'ahead of' : 'behind'} this machine`,
		answer.frozen ? 'frozen' : '',
	].filter(Boolean).join(', ');
	tick();
}

async function move(change, words) {
	const answer = await app.change('POST', '/clock', change,
		words || (change.frozen ? 'The clock stands still' : 'The clock runs again'));
	if (answer)
		take(answer);
}

/* LIFE-02: from half of its lifetime on a certificate is renewed. The clock is looked at first:
 * somebody else may have moved it, and a page just opened has not seen it yet. */
async function toHalfLife() {
	const answer = await app.ask('GET', '/certificates?newest=1');
	if (!answer || !await refresh())
		return;
	const newest = answer.certificates[0];
	if (!newest || newest.not_after === undefined) {
		say('No certificate has been issued, so there is no half life to go to', 'warn');
		return;
	}
	const half = newest.issued + Math.ceil((newest.not_after - newest.issued) / 2);
	const step = Math.ceil(half - now());
	if (step <= 0)
		say('The newest certificate is past half of its lifetime already', 'warn');
	else
		await move({advance_s: step}, `Advanced ${span(step)}, to half of the newest certificate's lifetime`);
}

/* Builds the strip. */
export function mount(section, theApp) {
	app = theApp;
	section.append(
		h('p', {class: 'reading'}, h('span', {class: 'label', text: 'World time'}), shown, away),
		h('div', {class: 'steps', role: 'group', 'aria-label': 'Move the clock'},
			STEPS.map(([text, seconds, words]) => h('button', {type: 'button', class: 'quiet', text,
				'aria-label': `Advance the clock by ${words}`,
				onclick: () => move({advance_s: seconds}, `Advanced ${words}`)})),
			h('button', {type: 'button', class: 'quiet', text: 'Half life', onclick: toHalfLife,
				title: 'Half of the newest certificate\'s lifetime: from then on clients renew it'}),
			freeze));
}

/* Looks at the clock; whether it could be seen. */
export async function refresh() {
	const answer = await app.ask('GET', '/clock');
	if (answer)
		take(answer);
	return Boolean(answer);
}
