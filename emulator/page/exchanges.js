/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The sequence diagram: one row for each event of the journal, in order, an arrow from the client to
 * the party that was asked and one back. */
import {chip, code, disclosure, facts, h, json, part} from './dom.js';
import {clockTime, duration, short, span, utc} from './format.js';

const SHOWN_MAX = 300;
const LANES = [['client', 'Client'], ['imds', 'IMDS'], ['attestation', 'Attestation'],
	['sts', 'Token service'], ['resource', 'Resource']];

/* Lane of an endpoint; others are on the lane of their listener. */
const LANE_OF = {
	'attest-nonce': 2, 'attest-keyguard': 2, 'attest-tpm': 2, 'maa-certs': 2, resource: 4,
};

const list = h('ol', {class: 'exchanges', 'aria-label': 'Exchanges, oldest first'});
const imds = h('code', {text: 'the fake IMDS'});
const empty = h('p', {class: 'empty'}, 'Nothing has been asked yet. Point a client at ', imds,
	' and its exchanges appear here.');
const filter = h('input', {type: 'search', id: 'filter', placeholder: 'Path, client, rule, fault ...',
	autocomplete: 'off', spellcheck: 'false', oninput: () => refilter()});
const follow = h('input', {type: 'checkbox', id: 'follow', checked: true});
const left = h('p', {class: 'muted', role: 'status'});
let app = null;
let lastDay = '';

function laneOf(event) {
	return LANE_OF[event.endpoint] || (event.listener === 'imds' ? 1 : 3);
}

function statusTone(event) {
	if (!event.status)
		return 'bad';
	return event.status < 400 ? 'good' : 'bad';
}

function clockWords(change) {
	if (change.advance_s !== undefined)
		return `Clock ${change.advance_s < 0 ? 'back' : 'on'} by ${span(change.advance_s)}`;
	if (change.set !== undefined)
		return `Clock set to ${utc(change.set)}`;
	return change.frozen ? 'Clock frozen' : 'Clock runs again';
}

function faultWords(change, event) {
	const id = decodeURIComponent(event.path.split('/')[2] || '');
	if (event.method === 'DELETE')
		return id ? `Fault ${id} removed` : 'All faults removed';
	if (event.method === 'PATCH' && change.enabled !== undefined)
		return `Fault ${id} ${change.enabled ? 'on' : 'off'}`;
	return change.fault ? `Fault ${change.fault} added` : `Fault ${id} changed`;
}

const CHANGE_WORDS = {
	clock: clockWords,
	faults: faultWords,
	reset: () => 'The world is as it was at the start',
	revoke: (change) => change.all ? 'All certificates revoked' :
		`Certificate ${short(change.sha256)}... revoked`,
	rules: (change) => `Rules: ${Object.entries(change).map((pair) => pair.join(' ')).join(', ')}`,
};

/* What the row says about a change of the world. A change that was too long is cut, and no JSON. */
function changeWords(event) {
	const text = event.change || '';
	const change = text ? safeParse(text) : {};
	const words = change && CHANGE_WORDS[event.endpoint];
	if (words)
		return words(change, event);
	return `${event.endpoint[0].toUpperCase()}${event.endpoint.slice(1)} ${text}`;
}

function safeParse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

function arrow(event) {
	const asked = event.endpoint === 'tls' ? 'TLS handshake' :
		`${event.method} ${event.endpoint === 'unknown' ? event.path : event.endpoint}`;
	const answered = event.endpoint === 'tls' ? event.error :
		[event.status || 'no answer', event.error].filter(Boolean).join(' ');
	return h('span', {class: `lanes to-${laneOf(event)} ${statusTone(event)}`},
		h('span', {class: 'asked'}, h('span', {text: asked})),
		h('span', {class: 'answered'}, h('span', {text: answered})));
}

function marks(event) {
	const findings = event.findings || [];
	const rejected = findings.some((finding) => finding.rejected);
	const nodes = [];
	if (findings.length)
		nodes.push(chip(findings.length === 1 ? '1 finding' : `${findings.length} findings`,
			rejected ? 'bad' : 'warn'));
	for (const fault of event.faults || [])
		nodes.push(chip(fault.fault, 'fault'));
	if (event.client_id)
		nodes.push(h('span', {class: 'who', text: short(event.client_id), title: event.client_id}));
	nodes.push(h('span', {class: 'took',
		text: event.endpoint === 'tls' ? '' : duration(event.duration_us)}));
	return h('span', {class: 'marks'}, nodes);
}

function headerRows(headers) {
	return Object.entries(headers || {}).flatMap(([name, value]) =>
		[value].flat().map((one) => [name, one]));
}

function findingParts(event) {
	return (event.findings || []).map((finding) => h('li', null,
		h('p', null, chip(finding.rejected ? 'rejected' : 'noted', finding.rejected ? 'bad' : 'warn'),
			' ', code(finding.rule), ' ', h('span', {class: 'muted', text: finding.level})),
		h('p', {text: app.requirement(finding.rule)}),
		finding.detail ? h('p', {class: 'muted', text: finding.detail}) : null));
}

function answerFacts(event) {
	const token = event.token || {};
	return facts([
		['Status', event.status ? String(event.status) : null],
		['Error', event.error],
		['Certificate', event.certificate_sha256 ? h('a', {
			href: '#certificates', text: short(event.certificate_sha256) + '...',
			onclick: () => app.reveal('certificate', event.certificate_sha256),
		}) : null],
		['Token', token.type],
		['Audience', token.aud],
		['Token id', token.jti],
		['Size', event.endpoint === 'tls' ? null :
			`${event.response_bytes} bytes after ${duration(event.duration_us)}`],
	], 'Answer');
}

/* Everything that is known about one exchange. */
function details(event) {
	const tls = event.tls;
	const tlsOnly = event.endpoint === 'tls';
	const headers = headerRows(event.headers);
	const findings = findingParts(event);
	const parts = [
		part(tlsOnly ? 'Handshake' : 'Request', facts([
			['Path', event.path ? code(`${event.method} ${event.path}`) : null],
			['Client', event.client_id],
			['Host', event.host],
			['Correlation', event.correlation_id],
			['From', event.peer],
			['Size', tlsOnly ? null : `${event.request_bytes} bytes`],
		], 'Request')),
		part('Answer', answerFacts(event)),
	];
	if (findings.length)
		parts.push(part('Findings', h('ul', {class: 'findings'}, findings)));
	if (event.faults && event.faults.length)
		parts.push(part('Faults', facts(event.faults.map((fault) => [fault.id, fault.fault]), 'Faults')));
	if (tls)
		parts.push(part('TLS', facts([
			['Version', tls.version], ['Cipher', tls.cipher], ['Server name', tls.server_name],
			['Resumed', tls.resumed ? 'yes' : 'no'],
			['Client certificate', tls.client_certificate_sha256 || 'none'],
		], 'TLS')));
	if (headers.length)
		parts.push(part('Headers', facts(headers, 'Headers')));
	parts.push(h('details', {class: 'part'}, h('summary', {text: 'The whole event'}), json(event)));
	return parts;
}

function exchangeRow(event) {
	const [button, panel] = disclosure(`event-${event.seq}`, [
		h('span', {class: 'time', text: clockTime(event.world_time)}), arrow(event), marks(event),
	], () => details(event), `row exchange`);
	return h('li', {class: 'item'}, button, panel);
}

function noteRow(event) {
	return h('li', {class: 'item note'},
		h('span', {class: 'time', text: clockTime(event.world_time)}),
		h('span', {class: 'change', text: changeWords(event)}));
}

function hit(event, wanted) {
	return !wanted || JSON.stringify(event).toLowerCase().includes(wanted);
}

function refilter() {
	const wanted = filter.value.trim().toLowerCase();
	let hidden = 0;
	for (const node of list.children) {
		node.hidden = Boolean(node.event) && !hit(node.event, wanted);
		hidden += node.hidden ? 1 : 0;
	}
	left.textContent = hidden ? `${hidden} not shown by the filter` : '';
}

function append(event) {
	const day = event.world_time.slice(0, 10);
	if (day !== lastDay)
		list.append(h('li', {class: 'day', text: day}));
	lastDay = day;
	const node = event.listener === 'admin' ? noteRow(event) : exchangeRow(event);
	node.event = event;
	list.append(node);
}

/* Adds events at the end; the oldest go when there are too many. */
export function add(events) {
	const atEnd = follow.checked;
	for (const event of events)
		append(event);
	while (list.children.length > SHOWN_MAX)
		list.firstElementChild.remove();
	empty.hidden = list.children.length > 0;
	refilter();
	const last = list.lastElementChild;
	if (events.length && atEnd && last && list.offsetParent && !list.contains(document.activeElement))
		last.scrollIntoView({block: 'nearest'});
}

/* Forgets all. */
export function clear() {
	list.replaceChildren();
	lastDay = '';
	empty.hidden = false;
}

/* Builds the view. */
export function mount(section, theApp) {
	app = theApp;
	section.append(
		h('div', {class: 'tools'},
			h('label', {class: 'field grow'}, h('span', {text: 'Filter'}), filter),
			h('label', {class: 'check'}, follow, h('span', {text: 'Follow the newest'})), left),
		h('div', {class: 'diagram'},
			h('div', {class: 'heads', 'aria-hidden': 'true'}, h('span', {class: 'time'}),
				h('span', {class: 'lane-names'}, LANES.map(([id, name]) =>
					h('span', {class: `lane ${id}`, text: name})))),
			list),
		empty);
}

/* Events come by themselves; what is asked for is where clients have to go. */
export async function refresh() {
	const answer = empty.hidden ? null : await app.ask('GET', '/hosts');
	if (answer && answer.hosts.default.imds)
		imds.textContent = answer.hosts.default.imds;
}
