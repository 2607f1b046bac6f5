/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Building blocks. Text only ever enters the document as text: h() sets textContent, never markup,
 * so that nothing a client sends can become part of the page. */

/* An element. Props: class, text, on<event>, dataset; anything else is an attribute, left out when
 * null or false. */
export function h(tag, props, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(props || {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name === 'text')
			node.textContent = value;
		else if (name === 'class')
			node.className = value;
		else if (name === 'dataset')
			Object.assign(node.dataset, value);
		else if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? '' : String(value));
	}
	node.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return node;
}

/* A small label with a tone: good, bad, warn or plain. */
export function chip(text, tone = 'plain') {
	return h('span', {class: `chip ${tone}`, text});
}

/* Names and values; rows without a value are left out. A value is a text or a node. */
export function facts(rows, label) {
	const list = h('dl', {class: 'facts', 'aria-label': label});
	for (const [name, value] of rows) {
		if (value === null || value === undefined || value === '')
			continue;
		list.append(h('dt', {text: name}), h('dd', null, value instanceof Node ? value : String(value)));
	}
	return list;
}

/* A heading and what is under it. */
export function part(title, ...children) {
	return h('section', {class: 'part'}, h('h4', {text: title}), ...children);
}

/* Text that may be copied as it is. */
export function code(text) {
	return h('code', {text});
}

/* JSON, indented. */
export function json(value) {
	return h('pre', {class: 'json'}, JSON.stringify(value, null, 2));
}

/* Several chips, or a dash. */
export function chips(items, tone = 'plain') {
	if (!items || items.length === 0)
		return h('span', {class: 'muted', text: 'none'});
	return h('span', {class: 'chips'}, items.map((item) => chip(item, tone)));
}

/* A select with its label. */
export function choice(label, value, options, change, visible = true) {
	const select = h('select', {
		'aria-label': visible ? null : label,
		onchange: () => change(select.value, select),
		dataset: {focus: label},
	}, options.map((option) => {
		const [id, text] = Array.isArray(option) ? option : [option, option];
		return h('option', {value: id, text, selected: id === value});
	}));
	return visible ? h('label', {class: 'field'}, h('span', {text: label}), select) : select;
}

/* Which disclosures are open, by key, so that a list made anew stays as it was. */
const open = new Set();

/* One row that opens: a button, and under it what `panel` makes when it is asked for. */
export function disclosure(key, summary, panel, className = 'row') {
	const body = h('div', {class: 'panel', id: `panel-${key}`, hidden: true});
	const button = h('button', {
		type: 'button',
		class: className,
		'aria-expanded': 'false',
		'aria-controls': body.id,
		dataset: {focus: 'row'},
		onclick: () => set(body.hidden),
	}, summary);
	function set(shown) {
		button.setAttribute('aria-expanded', String(shown));
		body.hidden = !shown;
		if (shown) {
			open.add(key);
			body.replaceChildren(...[panel()].flat());
		} else {
			open.delete(key);
		}
	}
	if (open.has(key))
		set(true);
	return [button, body];
}

/* Opens the disclosure of that key the next time it is made, or now. */
export function openDisclosure(key) {
	const body = document.getElementById(`panel-${key}`);
	if (body && body.hidden)
		body.previousElementSibling.click();
	open.add(key);
}

function focusIn(node) {
	const active = document.activeElement;
	return active && node.contains(active) ? active.dataset.focus || '' : null;
}

/* Makes a list show `items`: what did not change keeps its node, what changed is made anew in its
 * place with the focus where it was. */
export function sync(list, items, keyOf, build) {
	const there = new Map([...list.children].map((node) => [node.dataset.key, node]));
	let before = list.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		const signature = JSON.stringify(item);
		let node = there.get(key);
		there.delete(key);
		if (!node || node.signature !== signature) {
			const fresh = build(item);
			fresh.dataset.key = key;
			fresh.signature = signature;
			if (node) {
				const focus = focusIn(node);
				if (before === node)
					before = fresh;
				node.replaceWith(fresh);
				if (focus !== null)
					(fresh.querySelector(`[data-focus="${CSS.escape(focus)}"]`) || fresh).focus();
			}
			node = fresh;
		}
		if (node === before)
			before = node.nextElementSibling;
		else
			list.insertBefore(node, before);
	}
	for (const node of there.values())
		node.remove();
}

let saidTimer = 0;

/* Tells what happened, on screen and to a screen reader. */
export function say(text, tone = 'plain') {
	const said = document.getElementById('said');
	said.replaceChildren(h('p', {class: tone, text}));
	clearTimeout(saidTimer);
	saidTimer = setTimeout(() => said.replaceChildren(), tone === 'bad' ? 12000 : 5000);
}
