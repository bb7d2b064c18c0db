// Consent to marketing. The box is empty until the shopper ticks it: a box that is ticked for them is no consent (GDPR, Article 4(11)).
import { field, input } from "./view.js";

/** A box that shows and sets whether the shopper agrees to news and offers. */
export function consentField(accepts = false) {
  const hint = "By e-mail or text message. You can change this in your account at any time.";
  return field("Send me news and offers", input("accepts_marketing", { type: "checkbox", checked: accepts }), hint);
}
