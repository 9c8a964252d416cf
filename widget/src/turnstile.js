// Cloudflare Turnstile: its script is loaded when the form is sent, and only where the site has a key.

const SOURCE = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';
const rules = { createScriptURL: String };
let policy;

/**
 * Asks for a proof that a human is here. The box stands in the page's own tree, shown through a slot: Turnstile does not work in a shadow root.
 * @param {(tag: string, props?: Record<string, any>) => any} h makes an element
 * @param {HTMLElement} host
 * @param {{turnstileSiteKey: string, turnstileAction?: string}} config
 * @param {string} language
 * @param {(proof: {turnstileToken: string}) => void} pass
 * @param {() => void} onerror
 */
export const prove = (h, host, { turnstileSiteKey: sitekey, turnstileAction: action }, language, pass, onerror) => {
  const box = h('div');
  const onload = () =>
    turnstile.render(box, {
      sitekey,
      action,
      language,
      appearance: 'interaction-only',
      callback(turnstileToken) {
        box.remove();
        pass({ turnstileToken });
      },
      'error-callback': onerror,
      'unsupported-callback': onerror,
    });
  host.replaceChildren(box);
  if (window.turnstile) return onload();
  policy ||= window.trustedTypes?.createPolicy('cloudflare-chat', rules) || rules;
  document.head.append(h('script', { src: policy.createScriptURL(SOURCE), onload, onerror }));
};
