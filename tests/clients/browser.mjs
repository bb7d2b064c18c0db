// Gives Node what pages take from a browser: cookies for calls with credentials, document.cookie and localStorage.
import { webcrypto } from "node:crypto";

const kept = new Map();
const jar = new Map(Object.entries(JSON.parse(process.env.COOKIES || "{}")));
const real = globalThis.fetch;

const storage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, String(value)),
  removeItem: (name) => kept.delete(name),
};
const page = { cookie: { get: () => header() } };
Object.defineProperty(globalThis, "localStorage", { value: storage });
Object.defineProperty(globalThis, "document", { value: Object.defineProperties({}, page) });
Object.defineProperty(globalThis, "window", { value: { location: { origin: process.env.ORIGIN } } });
if (!globalThis.crypto) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

export const header = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

export function keep(lines) {
  for (const line of lines ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (/Max-Age=0/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
}

globalThis.fetch = async (url, init = {}) => {
  if (init.credentials !== "include") return real(url, init);
  const answer = await real(url, { ...init, headers: { ...init.headers, Cookie: header() } });
  keep(answer.headers.getSetCookie());
  return answer;
};
