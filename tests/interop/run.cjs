// SPDX-License-Identifier: MIT
// Ordinary SDKs against the emulator (V1-04). Every case has an emulator of its own; the SDK is
// told of it by AZURE_POD_IDENTITY_AUTHORITY_HOST and by nothing else. Judged are what the SDK
// gave its caller, the token's claims and signature, and the journal. Where the system lets us make
// networks, the SDKs are also told nothing at all and find it at the real address.
//
//   node run.cjs EMULATOR FOLDER [PART-OF-A-NAME]
//
// Exit status 0 when every case holds.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const fs = require('node:fs');

const [emulatorProgram, folder, wanted] = process.argv.slice(2);
const PARALLEL = 4;
const VARIABLE = 'AZURE_POD_IDENTITY_AUTHORITY_HOST';
const VAULT = 'https://vault.azure.net';
const SYSTEM = 'a1a1a1a1-0000-4000-8000-000000000001';
const TENANT = '72f988bf-0000-4000-8000-00000000aaaa';
const USER = {
  client_id: 'a2a2a2a2-0000-4000-8000-000000000002',
  object_id: 'b2b2b2b2-0000-4000-8000-000000000002',
  resource_id: '/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local' +
    '/providers/Microsoft.ManagedIdentity/userAssignedIdentities/local',
};
const NOBODY = { client_id: 'a9a9a9a9-0000-4000-8000-000000000009' };

// ---- an emulator, and questions to it

// An environment without anything that could lead an SDK elsewhere.
function environment(more) {
  const kept = {};
  for (const name of ['PATH', 'TMPDIR', 'LANG', 'ASAN_OPTIONS', 'TSAN_OPTIONS'])
    if (process.env[name] !== undefined) kept[name] = process.env[name];
  return { ...kept, HOME: os.tmpdir(), ...more };
}

async function startEmulator(config) {
  const folderOfConfig = fs.mkdtempSync(path.join(os.tmpdir(), 'msiv2-interop-'));
  const file = path.join(folderOfConfig, 'config.json');
  fs.writeFileSync(file, JSON.stringify(config));
  const child = spawn(emulatorProgram, ['--config', file], {
    env: environment({}),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout });
  const [first] = await Promise.race([
    new Promise((resolve) => lines.once('line', (line) => resolve([line]))),
    new Promise((resolve) => child.once('exit', () => resolve(['{}']))),
  ]);
  const ready = JSON.parse(first);
  fs.rmSync(folderOfConfig, { recursive: true });
  assert.ok(ready.ready, 'the emulator did not start');
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    ...ready,
    ca_pem: fs.readFileSync(ready.ca),
    async stop() {
      child.kill('SIGTERM');
      assert.equal(await ended, 0, 'exit status of the emulator');
    },
  };
}

function request(method, url, options, body) {
  const library = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const sent = library.request(url, { method, ...options }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode >= 300) reject(new Error(`${url}: ${answer.statusCode} ${text}`));
        else resolve(JSON.parse(text));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const get = (url, options) => request('GET', url, options);

// What the client did: every exchange of IMDS, in order.
async function journalOf(emulator) {
  const { events, dropped } = await get(`${emulator.admin}/journal?listener=imds`);
  assert.equal(dropped, 0);
  return events;
}

// The claims of a token that this emulator signed.
async function claimsOf(emulator, token) {
  const { keys } = await get(`${emulator.sts}/${TENANT}/discovery/v2.0/keys`, {
    ca: emulator.ca_pem,
    agent: false,
  });
  const [head, body, signature] = token.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url'));
  const key = keys.find((candidate) => candidate.kid === kid);
  assert.equal(alg, 'RS256');
  assert.ok(key, 'the token names a published key');
  assert.ok(
    crypto.verify('RSA-SHA256', Buffer.from(`${head}.${body}`),
      crypto.createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url')),
    'the token is signed by it');
  return JSON.parse(Buffer.from(body, 'base64url'));
}

// ---- one SDK in a process of its own

// Runs a program to its end: {code, out, err}.
function run(program, args, variables) {
  const child = spawn(program, args, {
    env: environment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (part) => { said.out += part; });
  child.stderr.on('data', (part) => { said.err += part; });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })));
}

const clientArgs = (spec) => [path.join(__dirname, 'client.cjs'), folder, JSON.stringify(spec)];

async function runClient(emulator, spec) {
  const { code, out, err } = await run(process.execPath, clientArgs(spec),
    { [VARIABLE]: emulator.imds });
  assert.equal(code, 0, `the client ended with ${code}: ${err}`);
  return JSON.parse(out);
}

// The calls, and the events of the journal; null where no network can be made.
async function runInNetwork(spec) {
  const { code, out, err } = await run(emulatorProgram,
    ['netns', '--', process.execPath, ...clientArgs({ ...spec, journal: true })], {});
  if (code === 125 && /is not permitted here/.test(err)) return null;
  assert.equal(code, 0, `the client ended with ${code}: ${err}`);
  return out.trim().split('\n').map((line) => JSON.parse(line));
}

// ---- expectations

function expectToken(call) {
  assert.ok(call.token, `no token: ${call.error} ${call.code}: ${call.message}`);
  return call.token;
}

function expectError(call, pattern) {
  assert.equal(call.token, undefined, 'a token where an error was due');
  assert.match(`${call.error} ${call.code} ${call.message}`, pattern);
}

function expectRequests(events, count, statuses) {
  assert.deepEqual(events.map((event) => event.endpoint), Array(count).fill('imds-v1-token'));
  if (statuses) assert.deepEqual(events.map((event) => event.status), statuses);
}

// No rule has anything to say about the SDK.
function expectNoFindings(events) {
  for (const event of events) assert.deepEqual(event.findings, []);
}

// A token for that identity after exactly one request, and no other for a second call.
async function expectCached(emulator, calls, clientId) {
  const token = expectToken(calls[0]);
  const claims = await claimsOf(emulator, token);
  assert.equal(claims.aud, VAULT);
  assert.equal(claims.appid, clientId);
  assert.equal(claims.tid, TENANT);
  assert.equal(claims.ver, '1.0');
  assert.equal(claims.cnf, undefined);
  // SDKs reckon from when they sent the request.
  assert.ok(Math.abs(calls[0].expires_s - claims.exp) <= 2 + calls[0].took_ms / 1000,
    `expiry as the token says: ${calls[0].expires_s}, ${claims.exp}`);
  assert.equal(expectToken(calls[1]), token, 'the second call is served from the cache');
  const events = await journalOf(emulator);
  expectRequests(events, 1, [200]);
  expectNoFindings(events);
  assert.equal(events[0].client_id, clientId);
  assert.equal(events[0].headers.Metadata ?? events[0].headers.metadata, 'true');
}

const fault = (name, when, parameters) => ({
  fault: name,
  endpoint: 'imds-v1-token',
  when,
  with: parameters,
});
const ALWAYS = { always: true };

// A failure in the words of IMDS.
const failure = (status, when) => fault('http-status', when, {
  status,
  body: { error: 'server_error', error_description: 'The service is not well' },
});

// ---- the cases

const cases = [];

function add(name, config, spec, judge) {
  cases.push({ name, config, spec: { resource: VAULT, ...spec }, judge });
}

for (const sdk of ['msal', 'identity']) {
  add(`${sdk}: system-assigned`, {}, { sdk, times: 2 }, (emulator, calls) =>
    expectCached(emulator, calls, SYSTEM));

  for (const [kind, id] of Object.entries(USER))
    add(`${sdk}: user-assigned by ${kind}`, {}, { sdk, identity: { [kind]: id }, times: 2 },
      (emulator, calls) => expectCached(emulator, calls, USER.client_id));

  add(`${sdk}: an identity that is not there`, {}, { sdk, identity: NOBODY },
    async (emulator, calls) => {
      expectError(calls[0], /Identity not found/);
      const events = await journalOf(emulator);
      expectRequests(events, 1, [400]);
      assert.equal(events[0].findings[0].rule, 'V1-02/v1-unknown-identity');
    });

  add(`${sdk}: a resource that gets no tokens`, { token_resources: ['https://graph.example'] },
    { sdk }, async (emulator, calls) => {
      expectError(calls[0], /AADSTS500011/);
      expectRequests(await journalOf(emulator), 1, [400]);
    });

  // Less than five minutes left: as good as expired, so each call fetches anew.
  add(`${sdk}: an expired token is refreshed`, { token_lifetime_s: 60 }, { sdk, times: 2 },
    async (emulator, calls) => {
      assert.notEqual(expectToken(calls[0]), expectToken(calls[1]));
      const events = await journalOf(emulator);
      expectRequests(events, 2, [200, 200]);
      expectNoFindings(events);
    });

  // One of the two retries a 429 only when it says after how long.
  add(`${sdk}: throttled twice`,
    { faults: [fault('http-throttle', { first: 2 }, { retry_after: 1 })] },
    { sdk }, async (emulator, calls) => {
      expectToken(calls[0]);
      expectRequests(await journalOf(emulator), 3, [429, 429, 200]);
      assert.ok(calls[0].took_ms >= 1000, 'it waited between its attempts');
    });

  add(`${sdk}: the service fails once`,
    { faults: [failure(503, { first: 1 })] },
    { sdk }, async (emulator, calls) => {
      expectToken(calls[0]);
      expectRequests(await journalOf(emulator), 2, [503, 200]);
    });

  add(`${sdk}: the service fails for good`,
    { faults: [failure(500, ALWAYS)] },
    { sdk }, async (emulator, calls) => {
      expectError(calls[0], /./);
      expectRequests(await journalOf(emulator), 4, [500, 500, 500, 500]);
    });

  add(`${sdk}: an endpoint that is not there for a while`,
    { faults: [failure(404, { first: 1 })] },
    { sdk }, async (emulator, calls) => {
      expectToken(calls[0]);
      expectRequests(await journalOf(emulator), 2, [404, 200]);
    });

  add(`${sdk}: an answer that is no JSON`,
    { faults: [fault('http-body', ALWAYS, { body: '{"access_token":' })] },
    { sdk }, async (emulator, calls) => {
      expectError(calls[0], /./);
      assert.ok((await journalOf(emulator)).length >= 1);
    });

  add(`${sdk}: an answer without a token`,
    { faults: [fault('json-missing', ALWAYS, { field: 'access_token' })] },
    { sdk }, async (emulator, calls) => {
      expectError(calls[0], /./);
      expectRequests(await journalOf(emulator), 1, [200]);
    });
}

// A challenge of the resource: the cached token is not good enough any more.
add('msal: a claims challenge',
  {},
  {
    sdk: 'msal',
    times: 2,
    options: { clientCapabilities: ['cp1'] },
    claims: '{"access_token":{"nbf":{"essential":true,"value":"1"}}}',
  },
  async (emulator, calls) => {
    assert.notEqual(expectToken(calls[0]), expectToken(calls[1]));
    const events = await journalOf(emulator);
    expectRequests(events, 2, [200, 200]);
    expectNoFindings(events);
    for (const event of events)
      assert.equal(new URLSearchParams(event.query).get('xms_cc'), 'cp1');
  });

add('default: the chain of credentials ends at the emulator', {}, { sdk: 'default', times: 2 },
  (emulator, calls) => expectCached(emulator, calls, SYSTEM));
add('default: user-assigned by client_id', {},
  { sdk: 'default', identity: { client_id: USER.client_id }, times: 2 },
  (emulator, calls) => expectCached(emulator, calls, USER.client_id));

for (const personality of ['v1-only', 'aci', 'slow'])
  add(`msal: a host that is ${personality}`, { host: { personality } }, { sdk: 'msal', times: 2 },
    (emulator, calls) => expectCached(emulator, calls, SYSTEM));

// Told nothing at all. `probes`: the SDK may first ask without the Metadata header whether IMDS is
// there; which of them do depends on the version.
function addAtRealAddress(sdk, probes) {
  cases.push({
    name: `${sdk}: at the real address, with no variable`,
    async judge() {
      const seen = await runInNetwork({ sdk, resource: VAULT });
      if (!seen) return 'left out: no private network is permitted here';
      const [calls, events] = seen;
      expectToken(calls[0]);
      const probed = events.length > 1;
      expectRequests(events, probed ? 2 : 1, probed ? [400, 200] : [200]);
      assert.ok(probes.includes(probed), 'a probe where none is known, or none where one is');
      return undefined;
    },
  });
}
addAtRealAddress('msal', [false]);
addAtRealAddress('identity', [false, true]);
addAtRealAddress('default', [true]);

// ---- running them

async function runCase(one) {
  if (!one.spec) return one.judge();
  const emulator = await startEmulator(one.config);
  try {
    return await one.judge(emulator, await runClient(emulator, one.spec));
  } finally {
    await emulator.stop();
  }
}

async function main() {
  const queue = cases.filter((one) => !wanted || one.name.includes(wanted));
  const total = queue.length;
  let failed = 0;
  const start = Date.now();
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      try {
        const remark = await runCase(one);
        console.log(`ok      ${one.name}${remark ? ` (${remark})` : ''}`);
      } catch (error) {
        failed++;
        const words = `${error.message}`.replace(/\n/g, '\n        ');
        console.log(`FAILED  ${one.name}\n        ${words}`);
      }
    }
  }));
  const versions = ['@azure/msal-node', '@azure/identity'].map((name) => {
    const file = path.join(path.resolve(folder), 'node_modules', name, 'package.json');
    return `${name} ${JSON.parse(fs.readFileSync(file)).version}`;
  });
  console.log(`${total - failed} of ${total} cases hold: ${versions.join(', ')}, ` +
    `node ${process.version}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
  process.exitCode = failed || total === 0 ? 1 : 0;
}

main();
