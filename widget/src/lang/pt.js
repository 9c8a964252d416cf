// German.
export default () => ({
  dir: 'ltr',
  Chat: 'Chat',
});
