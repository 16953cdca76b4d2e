// How GraphiQL talks to the API: the page's own path, over HTTP and, for subscriptions, WebSocket.

import { createGraphiQLFetcher } from '@graphiql/toolkit';

const url = window.location.pathname;

const subscriptionUrl = new URL(url, window.location.href);
subscriptionUrl.protocol = subscriptionUrl.protocol === 'https:' ? 'wss:' : 'ws:';

// The WebSocket is opened by the first subscription, not by the page.
export const fetcher = createGraphiQLFetcher({
  url,
  subscriptionUrl: subscriptionUrl.href,
  enableIncrementalDelivery: false,
  headers: { accept: 'application/graphql-response+json, application/json' },
});
