/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Requests to the admin interface this page came from, with its key when it wants one. */

const KEY = 'msiv2-admin-key';
let asking = null;

/* Asks for the key, once for all requests that wait for it. */
function askKey(wrong) {
	if (!asking) {
		const dialog = document.getElementById('key-dialog');
		const input = document.getElementById('key');
		document.getElementById('key-title').textContent =
			wrong ? 'That is not the key' : 'The admin key, please';
		input.value = '';
		asking = new Promise((resolve) => {
			dialog.onclose = () => {
				/* Without the key there is nothing behind the dialog. */
				if (dialog.returnValue !== 'key') {
					dialog.showModal();
					return;
				}
				asking = null;
				sessionStorage.setItem(KEY, input.value);
				input.value = '';
				resolve();
			};
			dialog.returnValue = '';
			dialog.showModal();
		});
	}
	return asking;
}

async function problemOf(response) {
	try {
		const problem = await response.json();
		return problem.detail || problem.title;
	} catch {
		return `HTTP ${response.status}`;
	}
}

/* The JSON of an answer. Throws an Error with the problem's words and its status. */
export async function ask(method, path, body, signal) {
	for (;;) {
		const key = sessionStorage.getItem(KEY);
		const headers = {};
		if (key)
			headers.Authorization = `Bearer ${key}`;
		if (body !== undefined && body !== null)
			headers['Content-Type'] = 'application/json';
		const response = await fetch(path, {
			method, headers, signal, cache: 'no-store',
			body: headers['Content-Type'] ? JSON.stringify(body) : undefined,
		});
		if (response.ok)
			return response.json();
		if (response.status === 401) {
			/* Another request may have asked in the meantime. */
			if (sessionStorage.getItem(KEY) === key)
				await askKey(Boolean(key));
			continue;
		}
		const error = new Error(await problemOf(response));
		error.status = response.status;
		throw error;
	}
}

/* The text of an answer that is not JSON, as a file for the person in front of the page. */
export async function download(path, name) {
	const key = sessionStorage.getItem(KEY);
	const response = await fetch(path, {headers: key ? {Authorization: `Bearer ${key}`} : {}});
	if (!response.ok)
		throw new Error(await problemOf(response));
	const url = URL.createObjectURL(await response.blob());
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	URL.revokeObjectURL(url);
}
