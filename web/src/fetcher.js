// How GraphiQL talks to the API: the page's own path, over HTTP and, for subscriptions, WebSocket.

import { createGraphiQLFetcher } from '@graphiql/toolkit';

import { signedFetch, url, whoAmI } from './session.js';

const subscriptionUrl = new URL(url, window.location.href);
subscriptionUrl.protocol = subscriptionUrl.protocol === 'https:' ? 'wss:' : 'ws:';

// The WebSocket is opened by the first subscription, not by the page.
const fetchResults = createGraphiQLFetcher({
  url,
  fetch: signedFetch,
  subscriptionUrl: subscriptionUrl.href,
  enableIncrementalDelivery: false,
  headers: { accept: 'application/graphql-response+json, application/json' },
});

const isSubscription = ({ operationName }, documentAST) =>
  documentAST?.definitions.some(
    (one) =>
      one.operation === 'subscription' && (!operationName || one.name?.value === operationName),
  );

export async function fetcher(parameters, options) {
  // A WebSocket sends the cookies that are there when it opens; asking who we are renews them.
  if (isSubscription(parameters, options?.documentAST)) await whoAmI();
  return fetchResults(parameters, options);
}
