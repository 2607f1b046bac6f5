// SPDX-License-Identifier: MIT
// One SDK asked for tokens, as an application would ask it: nothing but the environment tells it
// where IMDS is. Prints one JSON line: what each call gave; with "journal" another one: what the
// emulator whose private network this is saw of it.
//
//   node client.cjs FOLDER SPEC
//
// FOLDER holds node_modules; SPEC is JSON: {"sdk","identity"?,"resource","times"?,"claims"?,
// "options"?,"journal"?}.
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

const [folder, text] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(folder), 'package.json'));
const spec = JSON.parse(text);

// A function that asks once: {token, expires_s} or an exception of the SDK.
const sdks = {
  msal() {
    const { ManagedIdentityApplication } = load('@azure/msal-node');
    const names = {
      client_id: 'userAssignedClientId',
      object_id: 'userAssignedObjectId',
      resource_id: 'userAssignedResourceId',
    };
    const config = { managedIdentityIdParams: {}, ...spec.options };
    for (const [name, value] of Object.entries(spec.identity ?? {}))
      config.managedIdentityIdParams[names[name]] = value;
    const application = new ManagedIdentityApplication(config);
    return async (call) => {
      const request = { resource: spec.resource };
      if (spec.claims && call > 0) request.claims = spec.claims;
      const result = await application.acquireToken(request);
      return { token: result.accessToken, expires_s: result.expiresOn.getTime() / 1000 };
    };
  },

  identity() {
    const { ManagedIdentityCredential } = load('@azure/identity');
    const names = { client_id: 'clientId', object_id: 'objectId', resource_id: 'resourceId' };
    const options = { ...spec.options };
    for (const [name, value] of Object.entries(spec.identity ?? {}))
      options[names[name]] = value;
    const credential = new ManagedIdentityCredential(options);
    return (call) => ask(credential);
  },

  default() {
    const { DefaultAzureCredential } = load('@azure/identity');
    const options = { ...spec.options };
    if (spec.identity) options.managedIdentityClientId = spec.identity.client_id;
    const credential = new DefaultAzureCredential(options);
    return (call) => ask(credential);
  },
};

async function ask(credential) {
  const result = await credential.getToken(`${spec.resource}/.default`);
  return { token: result.token, expires_s: result.expiresOnTimestamp / 1000 };
}

async function main() {
  const once = sdks[spec.sdk]();
  const calls = [];
  for (let call = 0; call < (spec.times ?? 1); call++) {
    const start = process.hrtime.bigint();
    let outcome;
    try {
      outcome = await once(call);
    } catch (error) {
      const code = error.errorCode ?? error.code;
      outcome = { error: error.name, code, message: `${error.message}` };
    }
    outcome.took_ms = Number((process.hrtime.bigint() - start) / 1000000n);
    calls.push(outcome);
  }
  process.stdout.write(`${JSON.stringify(calls)}\n`);
  if (!spec.journal) return;
  const journal = await fetch(`${process.env.MSIV2_EMULATOR_ADMIN}/journal?listener=imds`);
  process.stdout.write(`${JSON.stringify((await journal.json()).events)}\n`);
}

main();
