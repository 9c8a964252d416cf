// Cloudflare Turnstile: its script is loaded when the form is sent, and only where the site has a key.

const SOURCE = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';
const rules = { createScriptURL: String };
let policy;

/**
 * Gives a token. The box stands in the page's own tree, shown through a slot: Turnstile does not work in a shadow root.
 * @param {(tag: string, props?: Record<string, any>) => any} h makes an element
 * @param {HTMLElement} host
 * @param {string} sitekey
 * @param {string} language
 * @returns {Promise<string>}
 */
export const prove = (h, host, sitekey, language) =>
  new Promise((resolve, reject) => {
    const box = h('div');
    const render = () =>
      window.turnstile.render(box, {
        sitekey,
        language,
        appearance: 'interaction-only',
        callback(token) {
          box.remove();
          resolve(token);
        },
        'error-callback': reject,
      });
    host.replaceChildren(box);
    if (window.turnstile) return render();
    policy ||= window.trustedTypes?.createPolicy('cloudflare-chat', rules) || rules;
    document.head.append(h('script', { src: policy.createScriptURL(SOURCE), onload: render, onerror: reject }));
  });
