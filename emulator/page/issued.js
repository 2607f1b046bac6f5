/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What the world issued: certificates and tokens, decoded. */
import {chip, chips, code, disclosure, facts, h, json, openDisclosure, part, say, sync} from './dom.js';
import {countdown} from './clock.js';
import {download} from './api.js';
import {commonName, short, tone, utc, words} from './format.js';

const NEWEST = 100;
let app = null;

function listing(name, none) {
	return {
		list: h('ol', {class: 'cards', 'aria-label': name}),
		empty: h('p', {class: 'empty', text: none}),
		more: h('p', {class: 'muted'}),
	};
}

const certificateList = listing('Certificates, newest first',
	'No certificate has been issued yet.');
const tokenList = listing('Tokens, newest first', 'No token has been issued yet.');

function show(where, items, dropped, keyOf, build) {
	sync(where.list, [...items].reverse(), keyOf, build);
	where.empty.hidden = items.length > 0;
	where.more.textContent = dropped ? `${dropped} older ones are no longer on record.` : '';
}

function head(cells) {
	return cells.filter(Boolean).map(([name, ...nodes]) =>
		h('span', {class: `cell ${name}`}, nodes));
}

function keyWords(key) {
	return key ? `${key.type} ${key.bits}${key.curve ? ` (${key.curve})` : ''}` : null;
}

function savePem(sha256) {
	download(`/certificates/${sha256}.pem`, `${short(sha256)}.pem`)
		.catch((error) => say(error.message, 'bad'));
}

function attestationWords(attestation) {
	if (!attestation.token)
		return 'no token was looked at';
	return attestation.faults.length ? chips(attestation.faults, 'bad') : 'good token';
}

function certificateDetails(item) {
	return [
		part('Certificate', facts([
			['Subject', item.subject], ['Issuer', item.issuer], ['Serial', item.serial && code(item.serial)],
			['Not before', item.not_before_text], ['Not after', item.not_after_text],
			['Key', keyWords(item.key)], ['Signed with', item.signature_algorithm],
			['Key usage', item.key_usage && chips(item.key_usage)],
			['Extended usage', item.extended_key_usage && chips(item.extended_key_usage)],
			['SHA-256', code(item.sha256)], ['x5t#S256', code(item['x5t#S256'])],
		], 'Certificate')),
		part('Issued', facts([
			['To', item.client_id], ['Host', item.host], ['At', item.issued_text],
			['Correlation', item.correlation_id], ['Attestation', attestationWords(item.attestation)],
		], 'Issued')),
		h('div', {class: 'actions'},
			h('button', {type: 'button', class: 'quiet', text: 'Save as PEM', dataset: {focus: 'pem'},
				onclick: () => savePem(item.sha256)}),
			h('button', {type: 'button', class: 'quiet danger', dataset: {focus: 'revoke'},
				text: item.revoked ? 'Revoked' : 'Revoke', disabled: item.revoked,
				onclick: () => app.change('POST', '/revoke', {sha256: item.sha256},
					`Revoked the certificate ${short(item.sha256)}`)})),
	];
}

function certificateRow(item) {
	return h('li', {class: 'item'}, disclosure(`certificate-${item.sha256}`, head([
		['state', chip(words(item.state), tone(item.state))],
		['name', h('strong', {text: commonName(item.subject) || 'unreadable'})],
		['host', item.host || ''],
		['id', code(short(item.sha256))],
		['end', item.not_after ? `until ${utc(item.not_after)} ` : '',
			item.not_after ? countdown(item.not_after) : ''],
	]), () => certificateDetails(item)));
}

function bindingNode(item) {
	if (item.type !== 'mtls_pop')
		return 'to nothing: whoever holds it can use it';
	if (!item.certificate_sha256)
		return 'to a thumbprint that is none';
	return h('a', {href: '#certificates', text: short(item.certificate_sha256) + '...',
		onclick: () => app.reveal('certificate', item.certificate_sha256)});
}

function tokenDetails(item) {
	return [
		part('Token', facts([
			['The resource says', chip(words(item.state), tone(item.state))],
			['Signature', chip(words(item.signature), tone(item.signature))],
			['Key', item.header && code(item.header.kid || '')],
			['', item.kid_known === false ? 'this kid is not in the JWKS' : null],
			['Bound', bindingNode(item)],
			['Expires', item.expires_text], ['Issued', item.issued_text],
			['Correlation', item.correlation_id],
		], 'Token')),
		item.header ? part('Header', json(item.header)) : null,
		item.claims ? part('Claims', json(item.claims)) : null,
		h('p', {class: 'muted', text: 'The token itself is never shown.'}),
	].filter(Boolean);
}

function tokenRow(item) {
	const claims = item.claims || {};
	return h('li', {class: 'item'}, disclosure(`token-${item.seq}`, head([
		['state', chip(words(item.state), tone(item.state)),
			chip(`signature ${words(item.signature)}`, tone(item.signature))],
		['name', h('strong', {text: claims.aud || 'no audience'})],
		['host', item.type || ''],
		['id', code(short(item.client_id))],
		['end', item.expires ? `until ${utc(item.expires)} ` : '',
			item.expires ? countdown(item.expires) : ''],
	]), () => tokenDetails(item)));
}

async function refreshCertificates() {
	const answer = await app.ask('GET', `/certificates?newest=${NEWEST}`);
	if (answer)
		show(certificateList, answer.certificates, answer.dropped, (item) => item.seq, certificateRow);
}

async function refreshTokens() {
	const answer = await app.ask('GET', `/tokens?newest=${NEWEST}`);
	if (answer)
		show(tokenList, answer.tokens, answer.dropped, (item) => item.seq, tokenRow);
}

function view(where, refresh, ...before) {
	return {
		mount(section, theApp) {
			app = theApp;
			section.append(...before.map((make) => make()), where.list, where.empty, where.more);
		},
		refresh,
	};
}

function revokeAll() {
	return h('div', {class: 'tools'}, h('button', {type: 'button', class: 'quiet danger',
		text: 'Revoke all', onclick: () => app.change('POST', '/revoke', {all: true},
			'Revoked every certificate issued until now')}));
}

export const certificates = view(certificateList, refreshCertificates, revokeAll);
export const tokens = view(tokenList, refreshTokens);

/* Opens the certificate of that thumbprint when it is listed. */
export function revealCertificate(sha256) {
	openDisclosure(`certificate-${sha256}`);
	const panel = document.getElementById(`panel-certificate-${sha256}`);
	if (panel)
		panel.previousElementSibling.focus();
}
