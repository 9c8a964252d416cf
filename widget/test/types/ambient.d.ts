// What the build and the page give the sources.

declare const VERSION: string;
declare const LANGUAGES: string;
declare module '*.css' {
  const text: string;
  export default text;
}
declare const turnstile: Window['turnstile'];
declare const navigation: EventTarget;
interface Window {
  turnstile?: { render(box: Element, options: object): string };
  trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } };
  navigation?: EventTarget;
}
