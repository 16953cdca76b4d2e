// The bar above the editors: a form to sign in by, or who is signed in. A service for its developer
// alone has no use for it, and does not show it.

import { createElement as h, useEffect, useState } from 'react';

import { changePassword, onSignedOut, signIn, signOut, whoAmI } from './session.js';

const EMAIL = { name: 'email', label: 'Email', type: 'email', autoComplete: 'username' };
const PASSWORD = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autoComplete: 'current-password',
};
const CURRENT = { ...PASSWORD, name: 'current', label: 'Current password' };
const NEW = { ...PASSWORD, name: 'new', label: 'New password', autoComplete: 'new-password' };

// What another person saw must not stay on the page, and the schema is another for each.
const startAnew = () => window.location.reload();

function Form({ text, fields, action, run }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    setBusy(true);
    const found = await run(...fields.map((field) => given.get(field.name))).catch(
      () => 'the server cannot be reached; try again',
    );
    if (found === null) return startAnew();
    setProblem(found);
    setBusy(false);
  }

  return h(
    'form',
    { className: 'session-form', onSubmit: submit },
    h('span', null, text),
    ...fields.map(({ label, ...field }) =>
      h('label', { key: field.name }, label, h('input', { ...field, required: true })),
    ),
    h('button', { type: 'submit', className: 'graphiql-button', disabled: busy }, action),
    problem && h('span', { role: 'alert', className: 'session-problem' }, problem),
  );
}

function Person({ me }) {
  const roles = me.roles.map((role) => role.toLowerCase().replace('_', ' ')).join(', ');
  return h(
    'div',
    { className: 'session-person' },
    h('strong', null, me.subject),
    h('span', null, `${me.tenant} · ${roles}`),
    h(
      'button',
      { type: 'button', className: 'graphiql-button', onClick: () => signOut().finally(startAnew) },
      'Sign out',
    ),
  );
}

export function SessionBar() {
  // undefined until the server has said who we are
  const [me, setMe] = useState(undefined);
  useEffect(() => {
    whoAmI().then(setMe, () => {});
    return onSignedOut(() => setMe(null));
  }, []);

  let content;
  if (me === undefined || me?.authMethod === 'DEVELOPMENT') return null;
  if (me === null) {
    content = h(Form, {
      key: 'sign-in',
      text: 'Nobody is signed in.',
      fields: [EMAIL, PASSWORD],
      action: 'Sign in',
      run: signIn,
    });
  } else if (me.mustChangePassword) {
    content = h(Form, {
      key: 'change-password',
      text: `${me.subject}: this password was for one use.`,
      fields: [CURRENT, NEW],
      action: 'Change password',
      run: changePassword,
    });
  } else {
    content = h(Person, { me });
  }
  return h('section', { className: 'session-bar', 'aria-label': 'Sign-in' }, content);
}
