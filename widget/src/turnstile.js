// Cloudflare Turnstile: loaded when the form is sent, and only where the site has a key.

const SOURCE = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';
const policy = window.trustedTypes?.createPolicy('cloudflare-chat', { createScriptURL: (url) => url });

/** @type {Promise<void> | null} */
let loading;

const load = () =>
  (loading ||= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = policy ? policy.createScriptURL(SOURCE) : SOURCE;
    script.onload = () => resolve();
    script.onerror = (error) => {
      loading = null;
      reject(error);
    };
    document.head.append(script);
  }));

/**
 * Gives a token. The box stands in the page's own tree, shown through a slot: Turnstile does not work inside a shadow root.
 * @param {{host: HTMLElement, config: Record<string, any>, locale: string}} context
 * @returns {Promise<string>}
 */
export default async ({ host, config, locale }) => {
  await load();
  const box = document.createElement('div');
  box.slot = 'turnstile';
  host.append(box);
  return new Promise((resolve, reject) => {
    const id = window.turnstile.render(box, {
      sitekey: config.turnstileSiteKey,
      language: locale,
      appearance: 'interaction-only',
      callback(token) {
        resolve(token);
        window.turnstile.remove(id);
        box.remove();
      },
      'error-callback'(code) {
        reject(new Error(code));
        box.remove();
      },
    });
  });
};
