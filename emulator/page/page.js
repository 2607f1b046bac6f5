/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The page of the emulator: the views, and the one loop that waits for news. Everything comes from
 * the admin interface this page was loaded from, and nothing from anywhere else. */
import {ask} from './page/api.js';
import * as clock from './page/clock.js';
import {h, say} from './page/dom.js';
import * as exchanges from './page/exchanges.js';
import * as faults from './page/faults.js';
import {certificates, revealCertificate, tokens} from './page/issued.js';
import {findings, refreshRules, requirement, rules} from './page/rules.js';
import * as world from './page/world.js';

const VIEWS = [
	['exchanges', 'Exchanges', exchanges],
	['hosts', 'Hosts', world],
	['certificates', 'Certificates', certificates],
	['tokens', 'Tokens', tokens],
	['faults', 'Faults', faults],
	['findings', 'Findings', findings],
	['rules', 'Rules', rules],
];
const FIRST_EVENTS = 200;
const WAIT_MS = 15000;
const POLL_MS = 1000;
const RETRY_MS = 1500;
const REFRESH_MS = 120;

const byId = (id) => document.getElementById(id);
let current = '';
let next = 0;
let waiting = null;
let refreshTimer = 0;

/* What the views may do. */
const app = {
	requirement,

	/* Asks; null after a failure, which has been told. */
	async ask(method, path, body) {
		try {
			return await ask(method, path, body);
		} catch (error) {
			if (error.status)
				say(error.message, 'bad');
			return null;
		}
	},

	/* Changes the world, says so, and shows what came of it. */
	async change(method, path, body, words) {
		const answer = await app.ask(method, path, body);
		if (answer !== null) {
			say(words);
			refreshSoon();
		}
		return answer;
	},

	/* The number beside a view's name. */
	badge(view, count) {
		const node = byId(`badge-${view}`);
		node.textContent = count ? String(count) : '';
		node.hidden = !count;
	},

	/* Goes to a certificate that another view names. */
	reveal(kind, id) {
		location.hash = '#certificates';
		certificates.refresh().then(() => revealCertificate(id));
	},
};

function moduleOf(view) {
	return VIEWS.find(([id]) => id === view)[2];
}

/* What is on screen, and the counts beside the other views' names. */
async function refresh() {
	if (document.visibilityState !== 'visible')
		return;
	await Promise.all([clock.refresh(), moduleOf(current).refresh(),
		current === 'faults' ? null : faults.refresh(),
		current === 'findings' ? null : findings.refresh()]);
	clock.tick();
}

function refreshSoon() {
	clearTimeout(refreshTimer);
	refreshTimer = setTimeout(refresh, REFRESH_MS);
}

function show() {
	const wanted = location.hash.slice(1);
	if (wanted === 'main')
		return;
	current = VIEWS.some(([id]) => id === wanted) ? wanted : VIEWS[0][0];
	for (const [id, title] of VIEWS) {
		byId(`view-${id}`).hidden = id !== current;
		const link = byId(`link-${id}`);
		if (id === current) {
			link.setAttribute('aria-current', 'page');
			link.scrollIntoView({block: 'nearest', inline: 'nearest'});
			document.title = `${title} - msiv2 emulator`;
		} else {
			link.removeAttribute('aria-current');
		}
	}
	refreshSoon();
}

function live(state, words) {
	const node = byId('live');
	if (node.dataset.state === state)
		return;
	node.dataset.state = state;
	node.textContent = words;
}

function take(answer) {
	let events = answer.events;
	const reset = events.findLastIndex((event) => event.endpoint === 'reset');
	/* A smaller number than ours: another emulator has taken the place of the one we knew. */
	if (reset >= 0 || answer.next < next) {
		exchanges.clear();
		events = events.slice(Math.max(reset, 0));
	}
	next = answer.next;
	exchanges.add(events);
	if (events.length)
		refreshSoon();
}

function pause(ms) {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}

/* One look for news: the first takes what there is, the others wait for more. When as many wait as
 * the emulator lets wait, looking now and then has to do. */
async function look(signal) {
	const since = `since=${next}`;
	let answer;
	try {
		answer = await ask('GET', next === 0 ? `/journal?last=${FIRST_EVENTS}` :
			`/journal/wait?${since}&count=1&timeout_ms=${WAIT_MS}`, null, signal);
	} catch (error) {
		if (error.status !== 503)
			throw error;
		await pause(POLL_MS);
		answer = await ask('GET', `/journal?${since}`, null, signal);
	}
	take(answer);
	live('live', 'Live');
}

/* Waits for news as long as the page can be seen. */
async function watch() {
	if (waiting)
		return;
	waiting = new AbortController();
	const {signal} = waiting;
	while (!signal.aborted) {
		try {
			await look(signal);
		} catch {
			if (signal.aborted)
				break;
			live('lost', 'Not connected');
			await pause(RETRY_MS);
			/* Whoever answers next may be another emulator. */
			next = 0;
			exchanges.clear();
		}
	}
}

function visibility() {
	if (document.visibilityState === 'visible') {
		watch();
		refreshSoon();
	} else if (waiting) {
		waiting.abort();
		waiting = null;
		live('paused', 'Paused');
	}
}

function prefersDark() {
	return matchMedia('(prefers-color-scheme: dark)').matches;
}

function isDark() {
	const chosen = document.documentElement.dataset.theme;
	return chosen ? chosen === 'dark' : prefersDark();
}

function paint(theme) {
	if (theme)
		document.documentElement.dataset.theme = theme;
	byId('theme').textContent = isDark() ? 'Light' : 'Dark';
	byId('theme').setAttribute('aria-label', `Change to the ${isDark() ? 'light' : 'dark'} colours`);
}

function mountTheme() {
	paint(localStorage.getItem('msiv2-theme'));
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint(null));
	byId('theme').addEventListener('click', () => {
		const theme = isDark() ? 'light' : 'dark';
		localStorage.setItem('msiv2-theme', theme);
		paint(theme);
	});
}

function mountReset() {
	const dialog = byId('reset-dialog');
	byId('reset').addEventListener('click', () => {
		dialog.returnValue = '';
		dialog.showModal();
	});
	dialog.addEventListener('close', () => {
		if (dialog.returnValue === 'reset')
			app.change('POST', '/reset', null, 'The world is as it was at the start');
	});
}

function mountViews() {
	for (const [id, title, module] of VIEWS) {
		byId('views').append(h('li', null, h('a', {id: `link-${id}`, href: `#${id}`}, title,
			h('span', {class: 'badge', id: `badge-${id}`, hidden: true}))));
		const section = h('section', {id: `view-${id}`, 'aria-labelledby': `title-${id}`, hidden: true},
			h('h2', {id: `title-${id}`, class: 'unseen', text: title}));
		byId('main').append(section);
		module.mount(section, app);
	}
}

mountTheme();
mountReset();
clock.mount(byId('clock'), app);
mountViews();
addEventListener('hashchange', show);
document.addEventListener('visibilitychange', visibility);
setInterval(clock.tick, 1000);
await refreshRules();
show();
visibility();
