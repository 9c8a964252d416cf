// The buttons in the header of a conversation: the bell, and the end.

/** How long "End" waits to be pressed again. */
const SURE_MS = 5e3;

/**
 * @param {(tag: string, props: object, ...children: any[]) => any} h makes an element
 * @param {(text: string) => string} t translates
 * @param {import('./client.js').Client} client
 * @param {{wipe: () => void}} on
 */
export const controls = (h, t, client, on) => {
  const bell = h('button', {
    part: 'notify',
    ariaLabel: t('Notify me'),
    onclick() {
      const alerts = !client.session.alerts;
      bell.ariaPressed = alerts;
      client.keep({ alerts });
      if (alerts) window.Notification?.requestPermission();
    },
  });
  let isSure;
  const makeSure = (now) => {
    isSure = now;
    end.textContent = t(now ? 'End the chat?' : 'End');
  };
  const end = h(
    'button',
    {
      part: 'end',
      // It cannot be taken back, so it is asked once more.
      onclick() {
        if (isSure) return client.opened ? client.tell('end') : on.wipe();
        makeSure(true);
        setTimeout(makeSure, SURE_MS);
      },
    },
    t('End'),
  );
  return [bell, end];
};
