// Signing up, in and out, by password or by a code on the phone; the sessions; and the two pages to which mails lead.
import { changed, recount, shop, state } from "../state.js";
import { button, field, form, h, input, notice, once, put, title, when } from "../view.js";

const PASSWORD = { type: "password", required: true };

/** Only an address of this shop front: a link could name any other. */
function nextOf(query) {
  const next = query.get("next") ?? "/";
  const url = new URL(next, location.origin);
  return url.origin === location.origin ? url.pathname + url.search : "/";
}

async function welcome({ user, cart_merge: merge }, next, goOn) {
  changed({ user });
  await recount();
  if (merge?.merged || merge?.skipped.length) notice(mergeWords(merge));
  await goOn(next, { replace: true });
}

function mergeWords({ merged, capped, skipped }) {
  const list = (lines, say) => lines.map((line) => ` ${line.name}: ${say(line)}.`).join("");
  return (
    `What you had chosen as a guest is in your cart now (${merged} ${merged === 1 ? "line" : "lines"}).` +
    list(capped, ({ quantity, wanted }) => `${quantity} instead of ${wanted}, there are no more`) +
    list(skipped, ({ reason }) => `left out, ${reason.replaceAll("_", " ")}`)
  );
}

export function signIn({ query, goOn }) {
  const next = nextOf(query);
  const fields = {
    email: field("E-mail", input("email", { type: "email", autocomplete: "username", required: true })),
    password: field("Password", input("password", { ...PASSWORD, autocomplete: "current-password" })),
  };
  const byPassword = form(fields, "Sign in", async (given) => welcome((await shop("POST", "/auth/login/", given)).data, next, goOn));
  const other = `/sign-up?next=${encodeURIComponent(next)}`;
  return [
    title("Sign in"),
    h(
      "div",
      { class: "columns" },
      h("section", {}, h("h2", {}, "By e-mail"), byPassword, h("p", { class: "row" }, forgotten(fields.email), h("a", { href: other }, "Make an account"))),
      state.config.phone_sign_in && h("section", {}, h("h2", {}, "By phone"), byPhone(next, goOn)),
    ),
  ];
}

function forgotten(email) {
  return button("Forgot the password?", async () => {
    const { message } = await shop("POST", "/auth/password/reset/", { email: email.control.value });
    notice(`${message}.`);
  }, { class: "plain" });
}

function byPhone(next, goOn) {
  const place = h("div", { class: "stack" });
  const ask = (known = "") => {
    const given = { type: "tel", autocomplete: "tel", required: true, value: known };
    const phone = field("Phone number", input("phone", given), "with the country, like +91 98765 43210");
    put(place, form({ phone }, "Send me a code", async (asked) => confirm(asked.phone)));
    if (known) phone.control.focus();
  };
  const confirm = async (phone) => {
    const { data } = await shop("POST", "/auth/send-code/", { phone });
    const code = field("Code", input("verification_code", { inputmode: "numeric", autocomplete: "one-time-code", required: true }));
    const verify = form({ verification_code: code }, "Sign in", async ({ verification_code }) => {
      const answer = await shop("POST", "/auth/verify-code/", { phone, verification_code, mode: "cookie" });
      await welcome(answer.data, next, goOn);
    });
    const other = h("p", { class: "row" }, button("Send another code", () => confirm(phone)), button("Another number", async () => ask(phone)));
    put(place, h("p", {}, `A code is on its way to ${phone}. It holds for ${data.expires_in / 60} minutes.`), verify, other);
    code.control.focus();
  };
  ask();
  return place;
}

export function signUp({ query, goOn }) {
  const next = nextOf(query);
  const fields = {
    first_name: field("First name", input("first_name", { autocomplete: "given-name" })),
    last_name: field("Last name", input("last_name", { autocomplete: "family-name" })),
    email: field("E-mail", input("email", { type: "email", autocomplete: "username", required: true })),
    password: field("Password", input("password", { ...PASSWORD, autocomplete: "new-password" }), "at least 8 characters"),
  };
  const made = form(fields, "Make an account", async (given) => welcome((await shop("POST", "/auth/register/", given)).data, next, goOn));
  return [title("Make an account"), made, h("p", {}, h("a", { href: `/sign-in?next=${encodeURIComponent(next)}` }, "I have one"))];
}

export async function account({ go, goOn, again }) {
  if (!state.user) return go("/sign-in?next=/account", { replace: true });
  const [{ data: user }, { data: sessions }] = await Promise.all([shop("GET", "/auth/me/"), shop("GET", "/auth/sessions/")]);
  changed({ user });
  const leave = (body) => async () => {
    await shop("POST", "/auth/logout/", body);
    changed({ user: null });
    await recount();
    notice("You are signed out.");
    await goOn("/", { replace: true });
  };
  const rows = sessions.map((session) => sessionRow(session, again));
  return [
    title(user.first_name ? `Hello ${user.first_name}` : "Account"),
    h("p", {}, [user.email, user.phone].filter(Boolean).join(" · ")),
    user.email && !user.email_verified && unverified(),
    h("div", { class: "row" }, button("Sign out", leave({})), button("Sign out everywhere", leave({ all: true }))),
    h("h2", {}, "Where you are signed in"),
    h("ul", { class: "lines" }, rows),
  ].filter(Boolean);
}

function unverified() {
  const send = button("Send the mail again", async () => notice(`${(await shop("POST", "/auth/email/resend/", {})).message}.`));
  return h("p", { class: "notice" }, "Your e-mail address is not confirmed yet. ", send);
}

function sessionRow({ id, is_current: isHere, user_agent: agent, ip, last_seen_at: seen }, again) {
  const end = button("End", async () => {
    await shop("DELETE", `/auth/sessions/${id}/`);
    await again();
  }, { "aria-label": `End the session of ${when(seen)}` });
  const told = [ip, `last seen ${when(seen)}`].filter(Boolean).join(", ");
  return h("li", { class: "line" }, h("p", {}, device(agent), h("br"), h("span", { class: "soft" }, told)), isHere ? h("p", {}, "This one") : end);
}

const PROGRAMS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrom: "Chrome", Safari: "Safari" };
const SYSTEMS = { Android: "Android", iPhone: "iPhone", iPad: "iPad", Windows: "Windows", Macintosh: "Mac", Linux: "Linux" };

/** What a browser says of itself, in two words; whatever else it says as it is. */
function device(agent) {
  const [program, system] = [PROGRAMS, SYSTEMS].map((names) => names[Object.keys(names).find((sign) => agent.includes(sign))]);
  return program && system ? `${program} on ${system}` : agent || "Unknown device";
}

export function resetPassword({ fragment, go }) {
  const fields = { new_password: field("New password", input("new_password", { ...PASSWORD, autocomplete: "new-password" })) };
  const made = form(fields, "Save", async ({ new_password }) => {
    const { message } = await shop("POST", "/auth/password/reset/confirm/", {
      uid: fragment.get("uid") ?? "",
      token: fragment.get("token") ?? "",
      new_password,
    });
    notice(`${message}.`);
    await go("/sign-in", { replace: true });
  });
  return [title("A new password"), made];
}

/** A click, not the mere visit, confirms: programs that look into mails open links too. */
export function verifyEmail({ fragment, go }) {
  const confirm = h("button", { type: "button", class: "main" }, "Confirm my address");
  confirm.addEventListener("click", () =>
    once(confirm, async () => {
      notice(`${(await shop("POST", "/auth/email/verify/", { token: fragment.get("token") ?? "" })).message}.`);
      await go("/", { replace: true });
    }),
  );
  return [title("Your e-mail address"), confirm];
}
