// Who is signed in. The tokens are in cookies that no script can read; nothing is stored here. Every
// request repeats the CSRF cookie in a header, and one that comes too late for the access token is
// sent again after a refresh.

export const url = window.location.pathname;

const refreshUrl = `${url.replace(/\/$/, '')}/refresh`;
const CSRF_COOKIE = /(?:^|; )(?:__Host-)?graph-api-csrf=([^;]*)/;
const ACCEPT = 'application/graphql-response+json, application/json';
const OWN_CREDENTIALS = ['authorization', 'x-api-key'];

const WHO = `query WhoAmI {
  me { subject tenant roles authMethod mustChangePassword }
}`;
const LOGIN = `mutation SignIn($input: LoginInput!) {
  login(input: $input) {
    __typename
    ... on Forbidden { message }
    ... on ValidationError { message }
  }
}`;
const CHANGE_PASSWORD = `mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    __typename
    ... on Forbidden { message }
    ... on ValidationError { message }
  }
}`;
const LOGOUT = 'mutation SignOut { logout { __typename } }';
const REFRESH = 'mutation Refresh { refresh(input: {}) { __typename } }';

const listeners = new Set();

// Calls back whenever the server has said that nobody is signed in.
export function onSignedOut(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function csrfToken() {
  return CSRF_COOKIE.exec(document.cookie)?.[1] ?? '';
}

function send(to, options) {
  const headers = new Headers(options.headers);
  // A credential that is typed in goes alone: the server refuses two.
  if (OWN_CREDENTIALS.some((name) => headers.has(name))) {
    return fetch(to, { ...options, headers, credentials: 'omit' });
  }
  const token = csrfToken();
  if (token) headers.set('X-CSRF-Token', token);
  return fetch(to, { ...options, headers, credentials: 'same-origin' });
}

async function saysUnauthenticated(response) {
  const answer = await response.clone().json().catch(() => null);
  const errors = Array.isArray(answer?.errors) ? answer.errors : [];
  return errors.some((error) => error?.extensions?.code === 'UNAUTHENTICATED');
}

// A refresh token is good for one use, so of all tabs that need a refresh one asks for it.
async function refreshed(before) {
  const refresh = async () => {
    if (csrfToken() !== before) return true;
    const response = await post(refreshUrl, REFRESH, {}, send);
    return response.data?.refresh?.__typename === 'RefreshPayload';
  };
  return navigator.locks ? navigator.locks.request('graph-api-refresh', refresh) : refresh();
}

export async function signedFetch(to, options) {
  const before = csrfToken();
  const response = await send(to, options);
  const typedIn = OWN_CREDENTIALS.some((name) => new Headers(options.headers).has(name));
  if (typedIn || !(await saysUnauthenticated(response))) return response;
  if (before && (await refreshed(before).catch(() => false))) return send(to, options);
  for (const listener of listeners) listener();
  return response;
}

async function post(to, query, variables, by = signedFetch) {
  const response = await by(to, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

// Who the server takes us for; null where it takes us for nobody.
export async function whoAmI() {
  return (await post(url, WHO)).data?.me ?? null;
}

function failure(answer, field, payload) {
  const outcome = answer.data?.[field];
  if (outcome?.__typename === payload) return null;
  return outcome?.message ?? answer.errors?.[0]?.message ?? 'something went wrong; try again';
}

// Each of these gives null, or a message that says why it was not done.
export async function signIn(email, password) {
  const answer = await post(url, LOGIN, { input: { email, password, cookies: true } }, send);
  return failure(answer, 'login', 'LoginPayload');
}

export async function changePassword(currentPassword, newPassword) {
  const answer = await post(url, CHANGE_PASSWORD, { input: { currentPassword, newPassword } });
  return failure(answer, 'changePassword', 'ChangePasswordPayload');
}

export async function signOut() {
  return failure(await post(url, LOGOUT, {}), 'logout', 'LogoutPayload');
}
