// The default tabs: one file of `queries/` each, in the order of the file names.

const files = import.meta.glob('./queries/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const defaultTabs = Object.keys(files)
  .sort()
  .map((path) => ({ query: files[path] }));
