// Gives Node what the pages in docs/clients.md take from a browser: cookies for calls with credentials, and localStorage.
import { webcrypto } from "node:crypto";

const kept = new Map();
const jar = new Map(Object.entries(JSON.parse(process.env.COOKIES || "{}")));
const real = globalThis.fetch;

Object.defineProperty(globalThis, "localStorage", {
  value: { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, String(value)) },
});
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
