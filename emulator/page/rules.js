/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* The rule book with its switches, and what the rules noted about clients. */
import {chip, choice, disclosure, facts, h, sync} from './dom.js';

const MODES = ['reject', 'note', 'off'];

const findingList = h('ol', {class: 'cards', 'aria-label': 'Findings by rule'});
const noFinding = h('p', {class: 'empty', text: 'No rule has found anything.'});
const ruleList = h('ol', {class: 'cards rules', 'aria-label': 'Rules'});
const filter = h('input', {type: 'search', placeholder: 'META-03, cuid, reject ...',
	autocomplete: 'off', spellcheck: 'false', oninput: () => refilter()});
let app = null;
let requirements = new Map();

/* The sentence of "ID/name", "" when there is no such rule. */
export function requirement(rule) {
	return requirements.get(rule) || '';
}

function sum(rows, member) {
	return rows.reduce((total, row) => total + row[member], 0);
}

function times(count) {
	return count === 1 ? 'once' : `${count} times`;
}

function clientWords(client) {
	return [client.client_id, client.user_agent].filter(Boolean).join(', ') || 'unnamed client';
}

function clientPart(row) {
	return h('li', null,
		h('p', null, h('strong', {text: clientWords(row.client)})),
		facts([
			['Seen', `${times(row.count)}, ${row.rejected} rejected`],
			['Detail', row.detail], ['Last', row.last_world_time],
			['Correlation', row.last_correlation_id],
		], clientWords(row.client)));
}

function findingRow(group) {
	const rejected = sum(group.rows, 'rejected');
	return h('li', {class: 'item'},
		disclosure(`finding-${group.rule}`, [
			h('span', {class: 'cell state'}, chip(rejected ? 'rejected' : 'noted', rejected ? 'bad' : 'warn')),
			h('span', {class: 'cell name'}, h('strong', {text: group.rule}), ' ',
				h('span', {class: 'muted', text: group.rows[0].level})),
			h('span', {class: 'cell end', text: times(sum(group.rows, 'count'))}),
			h('span', {class: 'cell words', text: group.rows[0].requirement}),
		], () => h('ul', {class: 'findings'}, group.rows.map(clientPart))));
}

function byRule(findings) {
	const groups = new Map();
	for (const row of findings)
		groups.set(row.rule, [...groups.get(row.rule) || [], row]);
	return [...groups].map(([rule, rows]) => ({rule, rows})).sort((a, b) => a.rule < b.rule ? -1 : 1);
}

async function refreshFindings() {
	const answer = await app.ask('GET', '/findings');
	if (!answer)
		return;
	const groups = byRule(answer.findings);
	app.badge('findings', groups.length);
	noFinding.hidden = groups.length > 0;
	sync(findingList, groups, (group) => group.rule, findingRow);
}

function ruleRow(rule) {
	const name = `${rule.id}/${rule.name}`;
	return h('li', {class: 'item rule'},
		h('p', {class: 'cell name'}, h('strong', {text: name}), ' ',
			h('span', {class: 'muted', text: rule.level})),
		h('p', {class: 'cell words', text: rule.requirement}),
		h('span', {class: 'cell state'}, choice(`Mode of ${name}`, rule.mode, MODES,
			async (mode, select) => {
				if (!await app.change('PATCH', '/rules', {[name]: mode}, `${name}: ${mode}`))
					select.value = rule.mode;
			}, false)));
}

function refilter() {
	const wanted = filter.value.trim().toLowerCase();
	for (const node of ruleList.children)
		node.hidden = !`${node.signature}`.toLowerCase().includes(wanted);
}

/* Reads the rule book. */
export async function refreshRules() {
	const answer = await app.ask('GET', '/rules');
	if (!answer)
		return;
	requirements = new Map(answer.rules.map((rule) => [`${rule.id}/${rule.name}`, rule.requirement]));
	sync(ruleList, answer.rules, (rule) => `${rule.id}/${rule.name}`, ruleRow);
	refilter();
}

export const findings = {
	mount(section, theApp) {
		app = theApp;
		section.append(findingList, noFinding);
	},
	refresh: refreshFindings,
};

export const rules = {
	mount(section, theApp) {
		app = theApp;
		section.append(
			h('div', {class: 'tools'},
				h('label', {class: 'field grow'}, h('span', {text: 'Find a rule'}), filter)),
			ruleList);
	},
	refresh: refreshRules,
};
