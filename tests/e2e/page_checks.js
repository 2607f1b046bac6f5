/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* What is measured inside the page. page.py sends this file with a call of one of them behind it. */
const checks = {
	/* Texts whose contrast with what is behind them is under 4.5 (3 for large ones: WCAG 2.2, 1.4.3),
	 * and edges of controls under 3 (1.4.11). */
	contrast() {
		const parse = (text) => {
			const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
			return {r, g, b, a};
		};
		const over = (top, under) => ({
			r: top.r * top.a + under.r * (1 - top.a),
			g: top.g * top.a + under.g * (1 - top.a),
			b: top.b * top.a + under.b * (1 - top.a), a: 1,
		});
		const linear = (v) => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
		const luminance = (c) => 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
		const ratio = (a, b) => {
			const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
			return (high + 0.05) / (low + 0.05);
		};
		const behind = (node) => {
			const layers = [];
			for (let at = node; at; at = at.parentElement) {
				layers.push(parse(getComputedStyle(at).backgroundColor));
				if (layers.at(-1).a === 1)
					break;
			}
			return layers.reverse().reduce((under, top) => over(top, under), {r: 255, g: 255, b: 255, a: 1});
		};
		const problems = [];
		const judge = (what, front, node, least) => {
			const back = behind(node);
			const found = ratio(over(parse(front), back), back);
			if (found < least)
				problems.push(`${what}: ${found.toFixed(2)} < ${least}`);
		};
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		let texts = 0;
		while (walker.nextNode()) {
			const node = walker.currentNode.parentElement;
			if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest(':disabled') ||
				node.closest('option, optgroup'))
				continue;
			const style = getComputedStyle(node);
			const large = parseFloat(style.fontSize) >= 24 ||
				(parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
			texts++;
			judge(JSON.stringify(walker.currentNode.data.trim().slice(0, 40)), style.color, node,
				large ? 3 : 4.5);
		}
		for (const node of document.querySelectorAll('button.quiet, input, select, .switch')) {
			if (!node.checkVisibility() || node.disabled)
				continue;
			judge(`edge of ${node.id || node.textContent || node.tagName}`,
				getComputedStyle(node).borderTopColor, node.parentElement, 3);
			if (node.placeholder)
				judge(`placeholder ${node.placeholder}`,
					getComputedStyle(node, '::placeholder').color, node, 4.5);
		}
		return {texts, problems};
	},

	/* Elements that stick out of the page, and how wide it is. */
	overflow() {
		return document.documentElement.scrollWidth - document.documentElement.clientWidth;
	},

	/* One line for each exchange: method and endpoint, answer, lane. */
	exchanges() {
		return [...document.querySelectorAll('.exchange')].map((row) => [
			row.querySelector('.asked').textContent, row.querySelector('.answered').textContent,
			row.querySelector('.lanes').className.match(/to-\d/)[0],
			[...row.querySelectorAll('.chip')].map((chip) => chip.textContent).join(' ')]);
	},

	/* The focused element can be told from the others. */
	focus() {
		const node = document.activeElement;
		const style = getComputedStyle(node);
		return {
			what: node.id || node.textContent.trim().slice(0, 30) || node.getAttribute('aria-label'),
			tag: node.tagName, visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
		};
	},
};
