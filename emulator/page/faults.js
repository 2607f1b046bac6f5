/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Faults: those that are defined, with their switches, and a form for another one, made from the
 * catalogue. */
import {chip, disclosure, h, json, sync} from './dom.js';

const WHEN = [['always', 'every time'], ['first', 'the first N times'], ['from', 'from the Nth time on'],
	['nth', 'only the Nth times (1,3)'], ['percent', 'N percent of the times']];

const list = h('ol', {class: 'cards faults', 'aria-label': 'Faults'});
const empty = h('p', {class: 'empty', text: 'No fault is defined: everything answers as it should.'});
const form = h('form', {class: 'add', 'aria-labelledby': 'add-title', onsubmit: submit});
const kind = h('select', {id: 'fault-kind', required: true, onchange: () => chosen()});
const endpoint = h('select', {id: 'fault-endpoint'});
const when = h('select', {id: 'fault-when', onchange: () => chosenWhen()});
const number = h('input', {id: 'fault-number', inputmode: 'decimal', autocomplete: 'off',
	pattern: '[0-9]+([.,][0-9]+)*', 'aria-label': 'N'});
const client = h('input', {id: 'fault-client', autocomplete: 'off', spellcheck: 'false',
	placeholder: 'any client_id'});
const parameters = h('div', {class: 'parameters'});
const about = h('p', {class: 'muted', id: 'fault-about'});
let catalogue = [];
let app = null;

function whenWords(fault) {
	const [name, value] = Object.entries(fault.when || {always: true})[0];
	switch (name) {
	case 'nth':
		return `only time ${value.join(', ')}`;
	case 'first':
		return value === 1 ? 'the first time' : `the first ${value} times`;
	case 'from':
		return `from time ${value} on`;
	case 'percent':
		return `${value} % of the times`;
	default:
		return 'every time';
	}
}

function matchWords(fault) {
	const match = Object.entries(fault.match || {});
	return match.length ? ` where ${match.map(([name, value]) =>
		`${name} is ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' and ')}` : '';
}

function endpointWords(fault) {
	return fault.endpoint && fault.endpoint !== '*' ? `at ${fault.endpoint}` : 'anywhere';
}

function pathOf(fault) {
	return `/faults/${encodeURIComponent(fault.id)}`;
}

function onOff(fault) {
	return h('button', {
		type: 'button', role: 'switch', class: 'switch', 'aria-checked': String(fault.enabled),
		'aria-label': `${fault.fault} (${fault.id})`, dataset: {focus: 'switch'},
		onclick: () => app.change('PATCH', pathOf(fault), {enabled: !fault.enabled},
			`${fault.fault} is ${fault.enabled ? 'off' : 'on'}`),
	}, h('span', {class: 'knob', 'aria-hidden': 'true'}));
}

function describe(name) {
	const row = catalogue.find((one) => one.name === name);
	return row ? row.description : '';
}

function faultRow(fault) {
	return h('li', {class: 'item fault'},
		onOff(fault),
		disclosure(`fault-${fault.id}`, [
			h('span', {class: 'cell name'}, h('strong', {text: fault.fault}), ' ',
				h('span', {class: 'muted', text: `${endpointWords(fault)}, ${whenWords(fault)}` +
					matchWords(fault)})),
			h('span', {class: 'cell state'},
				chip(`fired ${fault.fired} of ${fault.matched}`, fault.fired ? 'fault' : 'plain')),
		], () => [
			h('p', {text: describe(fault.fault)}), json(fault),
			h('div', {class: 'actions'}, h('button', {type: 'button', class: 'quiet danger',
				text: 'Remove', dataset: {focus: 'remove'},
				onclick: () => app.change('DELETE', pathOf(fault), null, `Removed ${fault.fault}`)})),
		]));
}

function field(label, control, hint) {
	return h('label', {class: 'field'}, h('span', {text: label}), control,
		hint ? h('small', {class: 'muted', text: hint}) : null);
}

function parameterField(parameter) {
	const value = parameter.default;
	const shown = value === undefined || value === null ? '' :
		typeof value === 'string' ? value : JSON.stringify(value);
	return field(parameter.name, h('input', {
		name: parameter.name, autocomplete: 'off', spellcheck: 'false',
		dataset: {type: parameter.type}, placeholder: shown,
		type: parameter.type === 'integer' ? 'number' : 'text',
		min: parameter.min, max: parameter.max,
		required: parameter.default === undefined,
	}), parameter.description);
}

function chosen() {
	const row = catalogue.find((one) => one.name === kind.value);
	if (!row)
		return;
	about.textContent = row.description +
		(row.rules.length ? ` A client meets broken: ${row.rules.join(', ')}.` : '');
	endpoint.replaceChildren(h('option', {value: '*', text: 'anywhere'}),
		...row.endpoints.map((name) => h('option', {value: name, text: name})));
	parameters.replaceChildren(...row.parameters.map(parameterField));
}

function chosenWhen() {
	number.hidden = when.value === 'always';
	number.required = !number.hidden;
}

function whenOf() {
	const text = number.value.trim();
	switch (when.value) {
	case 'always':
		return {always: true};
	case 'nth':
		return {nth: text.split(/[\s,]+/).map(Number)};
	default:
		return {[when.value]: Number(text.replace(',', '.'))};
	}
}

/* A text that is no JSON is meant as the text that it is. */
function valueOf(input) {
	if (input.dataset.type === 'integer')
		return Number(input.value);
	if (input.dataset.type === 'text')
		return input.value;
	try {
		return JSON.parse(input.value);
	} catch {
		return input.value;
	}
}

function definition() {
	const fault = {fault: kind.value, endpoint: endpoint.value, when: whenOf()};
	const given = [...parameters.querySelectorAll('input')].filter((input) => input.value !== '');
	if (given.length)
		fault.with = Object.fromEntries(given.map((input) => [input.name, valueOf(input)]));
	if (client.value.trim())
		fault.match = {client_id: client.value.trim()};
	return fault;
}

async function submit(event) {
	event.preventDefault();
	await app.change('POST', '/faults', definition(), `Added ${kind.value}`);
}

function families() {
	const groups = new Map();
	for (const row of catalogue)
		groups.set(row.family, [...groups.get(row.family) || [], row]);
	return [...groups].map(([family, rows]) => h('optgroup', {label: family},
		rows.map((row) => h('option', {value: row.name, text: row.name}))));
}

async function readCatalogue() {
	const answer = await app.ask('GET', '/faults/catalogue');
	if (!answer)
		return;
	catalogue = answer.faults;
	kind.replaceChildren(...families());
	form.hidden = false;
	chosen();
}

/* Builds the view. */
export function mount(section, theApp) {
	app = theApp;
	when.append(...WHEN.map(([value, text]) => h('option', {value, text})));
	chosenWhen();
	kind.setAttribute('aria-describedby', about.id);
	form.hidden = true;
	form.append(
		h('h3', {id: 'add-title', text: 'Another fault'}),
		h('div', {class: 'fields'}, field('Fault', kind), field('Endpoint', endpoint),
			h('div', {class: 'pair'}, field('When', when), number), field('Client', client)),
		about, parameters,
		h('div', {class: 'actions'}, h('button', {class: 'primary', text: 'Add fault'})));
	section.append(list, empty, form);
}

/* Reads what is defined. */
export async function refresh() {
	if (!catalogue.length)
		await readCatalogue();
	const answer = await app.ask('GET', '/faults');
	if (!answer)
		return;
	app.badge('faults', answer.faults.filter((fault) => fault.enabled).length);
	empty.hidden = answer.faults.length > 0;
	sync(list, answer.faults, (fault) => fault.id, faultRow);
}
