// Cloudflare Turnstile: its script is loaded when the form is sent, and only where the site has a key.

const SOURCE = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';
let policy;

/**
 * Gives a token. The box stands in the page's own tree, shown through a slot: Turnstile does not work in a shadow root.
 * @param {HTMLElement} host
 * @param {string} sitekey
 * @param {string} language
 * @returns {Promise<string>}
 */
export const prove = (host, sitekey, language) =>
  new Promise((resolve, reject) => {
    const box = document.createElement('div');
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
    policy ||= window.trustedTypes?.createPolicy('cloudflare-chat', { createScriptURL: (url) => url });
    const script = document.createElement('script');
    script.src = policy ? policy.createScriptURL(SOURCE) : SOURCE;
    script.onload = render;
    script.onerror = reject;
    document.head.append(script);
  });
