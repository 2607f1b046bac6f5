/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Hosts with their switches, and the identities on them. */
import {chip, choice, code, facts, h, part, sync} from './dom.js';
import {span} from './format.js';

const PERSONALITIES = [['v2', 'v2'], ['v1-only', 'v1 only (404 on v2 paths)'],
	['aci', 'ACI (404 everywhere else)'], ['restarting', 'restarting (500, no Server header)'],
	['slow', 'slow'], ['black-hole', 'black hole (no answer)']];
const ATTESTATION = [['off', 'off: tokens are ignored'], ['optional', 'optional'],
	['required', 'required']];

const hosts = h('ol', {class: 'cards', 'aria-label': 'Hosts'});
const general = h('div');
let app = null;

function toggle(host, member, label, options) {
	if (host.config[member] === undefined)
		return null;
	return choice(label, host.config[member], options, async (value, select) => {
		if (!await app.change('PATCH', `/hosts/${encodeURIComponent(host.name)}`, {[member]: value},
			`${label} of ${host.name}: ${value}`))
			select.value = host.config[member];
	});
}

function identityRow(identity) {
	return h('tr', null,
		h('td', null, chip(identity.kind === 'system' ? 'system-assigned' : 'user-assigned')),
		h('td', {'data-label': 'client_id'}, code(identity.client_id)),
		h('td', {'data-label': 'object_id'}, code(identity.object_id)),
		h('td', {'data-label': 'resource_id'}, identity.resource_id ? code(identity.resource_id) :
			h('span', {class: 'muted', text: 'none'})));
}

function identityTable(identities, caption) {
	return h('table', {class: 'identities'},
		h('caption', {text: caption}),
		h('thead', null, h('tr', null, ['Kind', 'Client id', 'Object id', 'Resource id'].map((text) =>
			h('th', {scope: 'col', text})))),
		h('tbody', null, identities.map(identityRow)));
}

function hostCard(host) {
	const config = host.config;
	const title = `Host ${host.name}`;
	return h('li', {class: 'item host'},
		h('h3', {text: title}),
		h('div', {class: 'tools'},
			toggle(host, 'personality', 'Personality', PERSONALITIES),
			toggle(host, 'attestation', 'Attestation', ATTESTATION)),
		facts([
			['IMDS', config.imds && code(config.imds)],
			['VM', config.vm_id && code(config.vm_id)], ['Scale set', config.vmss_id && code(config.vmss_id)],
			['Tenant', config.tenant_id && code(config.tenant_id)],
			['System', config.os_type], ['Security', config.security_type],
			['Contract', config.contract_version],
		], `About ${title}`),
		identityTable(config.identities || [], `Identities of ${title}`));
}

function lifetime(seconds) {
	return seconds === undefined ? null : span(seconds);
}

function generalPart(world) {
	return part('World', facts([
		['Tenant', code(world.tenant_id)],
		['Further tenants', Object.keys(world.tenants || {}).join(', ')],
		['Certificates last', lifetime(world.certificate_lifetime_s)],
		['Tokens last', lifetime(world.token_lifetime_s)],
		['Proof of possession', world.pop],
		['Profile of rules', world.profile],
	], 'World'));
}

/* Builds the view. */
export function mount(section, theApp) {
	app = theApp;
	section.append(general, hosts);
}

/* Reads the configuration. */
export async function refresh() {
	const [world, answer] = await Promise.all([app.ask('GET', '/world'), app.ask('GET', '/hosts')]);
	if (!world || !answer)
		return;
	general.replaceChildren(generalPart(world));
	sync(hosts, Object.entries(answer.hosts).map(([name, config]) => ({name, config})),
		(host) => host.name, hostCard);
}
