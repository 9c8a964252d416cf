// A short tone and a notification, for a visitor who looks elsewhere. Neither comes unless the site (`sound`) or the
// visitor (the bell in the header) has asked for it.

const TONE_MS = 500;

/**
 * @param {{open: () => void}} chat
 * @param {{sound?: boolean}} config
 * @param {{alerts?: boolean}} session
 * @param {{author: string, message: string}} data the answer
 */
export const ring = (chat, { sound }, { alerts }, { author, message }) => {
  if (alerts || sound) {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const volume = new GainNode(context, { gain: 0.1 });
    tone.connect(volume).connect(context.destination);
    // It fades, for a tone that is cut off clicks.
    volume.gain.setTargetAtTime(0, 0, 0.1);
    tone.start();
    setTimeout(() => context.close(), TONE_MS);
  }
  if (alerts && document.hidden)
    try {
      new Notification(author, { body: message }).onclick = () => {
        focus();
        chat.open();
      };
    } catch {
      // Chrome on Android has notifications for service workers only.
    }
};
