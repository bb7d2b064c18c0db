// The account: name, consent, e-mail address, phone number, password, sessions, a copy of one's data, and closing it.
import { consentField } from "../consent.js";
import { forgetPlace } from "../delivery.js";
import { forgetViewed } from "../recently_viewed.js";
import { refreshCart, shop, state, update } from "../state.js";
import { button, field, form, formatTime, h, input, notify, title } from "../view.js";

const PASSWORD = { type: "password", required: true };
const NO_PROOF = "Set a password first, by which you confirm that it is you.";

export async function account({ go, goIfStillHere, reload }) {
  if (!state.user) return go("/sign-in?next=/account", { replace: true });
  const [{ data: user }, { data: sessions }] = await Promise.all([shop("GET", "/auth/me/"), shop("GET", "/auth/sessions/")]);
  update({ user });
  const leave = async (text) => {
    update({ user: null });
    forgetViewed(); // on a shared computer, the next shopper sees neither these products nor the place
    forgetPlace();
    await refreshCart();
    notify(text, "good", { isForNextPage: true });
    await goIfStillHere("/", { replace: true });
  };
  const signOut = (body) => async () => {
    await shop("POST", "/auth/logout/", body);
    await leave("You are signed out.");
  };
  return [
    title(user.first_name ? `Hello ${user.first_name}` : "Account"),
    h("p", {}, [user.email, user.phone].filter(Boolean).join(" · ")),
    user.email && !user.email_verified && unverified(),
    h(
      "div",
      { class: "row" },
      h("a", { class: "button", href: "/addresses" }, "Address book"),
      button("Sign out", signOut({})),
      button("Sign out everywhere", signOut({ all: true })),
    ),
    h("div", { class: "columns" }, profile(user, reload), user.email && password(user), email(user), state.config.phone_sign_in && phone(user, reload)),
    h("h2", {}, "Where you are signed in"),
    h("ul", { class: "lines" }, sessions.map((session) => sessionRow(session, reload))),
    h("div", { class: "columns" }, personalData(), closing(user, leave)),
  ].filter(Boolean);
}

function profile(user, reload) {
  const fields = {
    first_name: field("First name", input("first_name", { autocomplete: "given-name", value: user.first_name })),
    last_name: field("Last name", input("last_name", { autocomplete: "family-name", value: user.last_name })),
    accepts_marketing: consentField(user.accepts_marketing),
  };
  const save = async (values) => {
    const consent = { accepts_marketing: fields.accepts_marketing.control.checked };
    const { data, message } = await shop("PATCH", "/auth/me/", { ...values, ...consent });
    update({ user: data });
    await reload();
    notify(`${message}.`);
  };
  return h("section", {}, h("h2", {}, "Your details"), form(fields, "Save", save));
}

function password({ email, has_password: hasPassword }) {
  if (!hasPassword) {
    const send = button("Set a password by e-mail", async () => notify(`${(await shop("POST", "/auth/password/reset/", { email })).message}.`));
    return h("section", {}, h("h2", {}, "Password"), h("p", {}, "Your account has no password yet."), send);
  }
  const hint = "At least 8 characters. Your other devices are signed out.";
  const fields = {
    old_password: field("Current password", input("old_password", { ...PASSWORD, autocomplete: "current-password" })),
    new_password: field("New password", input("new_password", { ...PASSWORD, autocomplete: "new-password" }), hint),
  };
  const change = form(fields, "Change password", async (values) => {
    notify(`${(await shop("POST", "/auth/password/change/", values)).message}.`);
    change.reset();
  });
  return h("section", {}, h("h2", {}, "Password"), change);
}

function email(user) {
  const control = input("new_email", { type: "email", autocomplete: "email", required: true });
  const address = field("New e-mail address", control, "It takes effect when you open the link that we send to it.");
  const label = user.email ? "Change e-mail address" : "Add e-mail address";
  const fields = proof(user);
  if (!fields) return h("section", {}, h("h2", {}, "E-mail address"), h("p", {}, NO_PROOF));
  const change = form({ new_email: address, ...fields }, label, async (values) => {
    notify(`${(await shop("POST", "/auth/email/change/", values)).message}.`);
    change.reset();
  });
  return h("section", {}, h("h2", {}, "E-mail address"), change);
}

function phone(user, reload) {
  const label = user.phone ? "Change phone number" : "Add phone number";
  const proofFields = proof(user);
  if (!proofFields) return h("section", {}, h("h2", {}, "Phone number"), h("p", {}, NO_PROOF));
  const number = field("New phone number", input("new_phone", { type: "tel", autocomplete: "tel", required: true }), "Include the country code.");
  const code = field("Code for the new number", input("new_phone_code", { inputmode: "numeric", autocomplete: "one-time-code", required: true }));
  const send = async () => notify(`${(await shop("POST", "/auth/send-code/", { phone: number.control.value })).message}.`);
  number.append(button("Send a code to the new number", send));
  const change = form({ new_phone: number, new_phone_code: code, ...proofFields }, label, async (values) => {
    const { data, message } = await shop("POST", "/auth/phone/change/", values);
    update({ user: data });
    await reload();
    notify(`${message}.`);
  });
  return h("section", {}, h("h2", {}, "Phone number"), change);
}

/** Return the field by which users prove who they are: their password or, if they have none, a code sent to their phone; null without both. */
function proof({ has_password: hasPassword, phone }) {
  if (hasPassword) return { password: field("Your password", input("password", { ...PASSWORD, autocomplete: "current-password" })) };
  if (!phone) return null;
  const code = field("Code", input("verification_code", { inputmode: "numeric", autocomplete: "one-time-code", required: true }));
  const send = async () => notify(`${(await shop("POST", "/auth/send-code/", { phone })).message}.`);
  code.append(button(`Send a code to ${phone}`, send));
  return { verification_code: code };
}

function personalData() {
  const download = button("Download my data", async () => {
    const { data } = await shop("GET", "/auth/me/export/");
    const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
    h("a", { href: url, download: "my-data.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url));
  });
  return h("section", {}, h("h2", {}, "Your data"), h("p", {}, "A file with your profile, addresses, orders and wishlist."), download);
}

function closing(user, leave) {
  const fields = proof(user);
  const close = !fields ? h("p", {}, NO_PROOF) : form(fields, "Close my account", async (values) => {
    const { message } = await shop("DELETE", "/auth/me/", values);
    await leave(`${message}.`);
  });
  const consequences =
    "Your profile, addresses, cart and wishlist are deleted, and you are signed out everywhere. " +
    "The shop keeps your orders without your name and address; one that is on its way still arrives. This cannot be undone.";
  const details = h("details", {}, h("summary", {}, "Close my account …"), h("div", { class: "stack" }, h("p", {}, consequences), close));
  return h("section", {}, h("h2", {}, "Closing your account"), details);
}

function unverified() {
  const send = button("Resend the e-mail", async () => notify(`${(await shop("POST", "/auth/email/resend/", {})).message}.`));
  return h("p", { class: "notice" }, "Your e-mail address is not confirmed yet. ", send);
}

function sessionRow({ id, is_current: isCurrent, user_agent: agent, ip, last_seen_at: seen }, reload) {
  const end = button("End session", async () => {
    await shop("DELETE", `/auth/sessions/${id}/`);
    await reload();
  }, { "aria-label": `End session of ${formatTime(seen)}` });
  const details = [ip, `last seen ${formatTime(seen)}`].filter(Boolean).join(", ");
  return h("li", { class: "line" }, h("p", {}, describeDevice(agent), h("br"), h("span", { class: "soft" }, details)), isCurrent ? h("p", {}, "This device") : end);
}

const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrom: "Chrome", Safari: "Safari" };
const SYSTEMS = { Android: "Android", iPhone: "iPhone", iPad: "iPad", Windows: "Windows", Macintosh: "Mac", Linux: "Linux" };

/** Return a short name of a user agent, such as "Firefox on Linux", or the user agent itself if it is unknown. */
function describeDevice(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names[Object.keys(names).find((token) => agent.includes(token))]);
  return browser && system ? `${browser} on ${system}` : agent || "Unknown device";
}
