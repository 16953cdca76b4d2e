import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { createElement, Fragment } from 'react';
import { createRoot } from 'react-dom/client';

import { fetcher } from './fetcher.js';
import { defaultTabs } from './queries.js';
import { SessionBar } from './sign-in.js';

// The documentation pane is GraphiQL's own reference plugin; these come beside it.
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

createRoot(document.getElementById('graphiql')).render(
  createElement(
    Fragment,
    null,
    createElement(SessionBar),
    createElement(
      'main',
      null,
      createElement(
        GraphiQL,
        { fetcher, plugins, defaultTabs },
        createElement(GraphiQL.Logo, null, 'graph-api'),
      ),
    ),
  ),
);
