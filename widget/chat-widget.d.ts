/** Types of the chat's configuration and API. The script sets `window.CloudflareChat`; nothing has to be imported. */

/** What may be set: before the script as `window.CloudflareChat = {…}`, after it in the same way, or as `data-…` on its tag, where objects and lists are JSON. */
export interface ChatSettings {
  /** Where the server is: `https://chat.example.com`. Default: where the script comes from. */
  workerUrl?: string;
  /** Where the widget's other files are. Default: at `workerUrl`, else beside the script. */
  base?: string;
  /** Turns on Cloudflare Turnstile; its script is loaded when the form is sent. */
  turnstileSiteKey?: string;
  /** What Turnstile's tokens are made for, where the server's TURNSTILE_ACTION asks for it. */
  turnstileAction?: string;
  /** How it looks. */
  theme?: ChatTheme;
  /** A language tag such as `de`. Default: the page's. English, German, Spanish, French, Portuguese, Japanese and Arabic are built in. */
  locale?: string;
  /** Other words for the English ones, which are the keys: `{ 'Start the chat': 'Ask us' }`. Error codes are keys too. */
  strings?: Record<string, string>;
  /** Who answers. Default: what the server says. */
  title?: string;
  /** How soon. Default: what the server says. */
  subtitle?: string;
  /** The sentence above the form. */
  greeting?: string;
  /** The button's name for screen readers. */
  label?: string;
  /** Fills in the form. */
  name?: string;
  /** Fills in the form. */
  email?: string;
  /** Somebody whom the site knows: the form is skipped. */
  identity?: ChatIdentity;
  /** No button is shown on paths that match this regular expression, and an open window closes there; `open()` still works. */
  hideOn?: string | RegExp;
  /** The button is not shown; `open()` still works. */
  hidden?: boolean;
  /** A short tone when an answer comes that nobody has looked at. Default: only where the visitor has pressed the bell. */
  sound?: boolean;
  /** False: a stored conversation waits until the visitor shows interest. */
  autoConnect?: boolean;
  /** A mail address or a URL, offered when the chat cannot be reached. */
  fallback?: string;
  /** Calls to make once the script is there: `[['open'], ['on', 'message', handler]]`. */
  queue?: [method: string, ...args: unknown[]][];
}

/** Also available as CSS variables on `cloudflare-chat`: `--chat-` and the name. */
export interface ChatTheme {
  /** Any CSS colour; text on it becomes black or white, whichever reads better. */
  primaryColor?: string;
  /** Default: bottom, at the end of a line in the page's direction. */
  position?: 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left';
  /** Default: `auto`, as the system. */
  mode?: 'light' | 'dark' | 'auto';
  /** Distance from the corner, as in `inset`: `20px`, or `20px 32px`. */
  offset?: string;
  /** Of the window's corners: `16px`. */
  radius?: string;
  /** Default: the system's. */
  font?: string;
  /** Default: above everything. */
  zIndex?: number;
}

export interface ChatIdentity {
  name: string;
  email: string;
  /** Your own name of the user, at most 128 bytes: then the person is this, also under another address. Only where `hash` covers it. */
  userId?: string;
  /** A signature by the site over the e-mail address, and over `userId` where there is one. */
  hash?: string;
  /** Until when it holds, in milliseconds since 1970. */
  hashExpires?: number;
  /** Up to ten short pairs that the team sees at the head of the first post, and again when they change. */
  attributes?: Record<string, string | number | boolean>;
}

export interface ChatEvents {
  /** The conversation is open. */
  ready: CustomEvent<undefined>;
  /** The window was opened. */
  open: CustomEvent<undefined>;
  /** The window was closed. */
  close: CustomEvent<undefined>;
  /** Somebody else said something. */
  message: CustomEvent<{ seq: number; message: string; author: string; from: 'agent' | 'visitor' | 'system'; timestamp: number }>;
  /** How many answers have not been seen. */
  unread: CustomEvent<number>;
  /** The connection: it holds, is waited for, or is over for good. */
  status: CustomEvent<'ready' | 'waiting' | 'stopped'>;
  /** Something could not be done: a code of the table of errors, or `unsent` when `reset` wiped what was not delivered. */
  error: CustomEvent<{ code?: string; message?: string }>;
}

/** `window.CloudflareChat`; it is the `<cloudflare-chat>` element itself. */
export interface CloudflareChat extends HTMLElement {
  /** Opens the window. */
  open(): Promise<void>;
  /** Closes the window; the conversation goes on. */
  close(): void;
  /** Opens or closes the window. */
  toggle(): Promise<void>;
  /** Shows the button. */
  show(): void;
  /** Hides the button. */
  hide(): void;
  /** Says who the visitor is, also during a conversation; another e-mail than before begins another one. */
  identify(identity: ChatIdentity): void;
  /** Forgets the visitor, the identity as well, and the conversation in this browser: for signing out. */
  reset(): Promise<void>;
  /** Listens to an event. */
  on<Name extends keyof ChatEvents>(event: Name, handler: (event: ChatEvents[Name]) => void, options?: AddEventListenerOptions): void;
  /** Listens no more. */
  off<Name extends keyof ChatEvents>(event: Name, handler: (event: ChatEvents[Name]) => void): void;
  /** Takes effect at once. */
  setTheme(theme: ChatTheme): void;
  /** Takes effect at once. */
  setLocale(locale: string): void;
  /** Says something in the visitor's name; before a conversation it is put into the composer. */
  sendMessage(text: string): Promise<void>;
  /** Takes the chat off the page; `show()` brings it back. */
  destroy(): void;
}

declare global {
  interface Window {
    CloudflareChat: CloudflareChat | ChatSettings;
  }
  interface HTMLElementTagNameMap {
    'cloudflare-chat': CloudflareChat;
  }
}
