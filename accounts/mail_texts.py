"""The e-mails about accounts, with their default texts.

None offers the name of the account as a placeholder: anyone can sign up with another person's address, and would send them text.
"""

from django.conf import settings

from core.mail import Link
from core.mail_texts.kinds import MailKind, MailText, Placeholder, register

CUSTOMER = "Customer"
NEW_EMAIL = Placeholder("new_email", "the new e-mail address", "ada.king@example.com")
VERIFY_LABEL, RESET_LABEL, CHANGE_LABEL = "Confirm address", "Set a new password", "Confirm new address"


def _kind(name: str, title: str, text: MailText, *placeholders: Placeholder, link: tuple[str, str] | None = None) -> MailKind:
    example_link = Link(link[0], f"{settings.FRONTEND_URL}{link[1]}#token=example") if link else None
    return MailKind(f"account_{name}", title, CUSTOMER, text, placeholders, example_link=example_link)


register(
    _kind(
        "verify",
        "Confirm the address of a new account",
        MailText(
            "Confirm your e-mail address for {shop}",
            "Please confirm that this address is yours. The link works for three days.",
            "If you did not sign up, you can ignore this e-mail.",
        ),
        link=(VERIFY_LABEL, settings.VERIFY_PAGE),
    ),
    _kind(
        "reset",
        "Set a new password",
        MailText(
            "Set a new password for {shop}",
            "Someone, hopefully you, asked to set a new password for your account. The link works once, for one hour.",
            "If it was not you, you can ignore this e-mail. Your password stays the same.",
        ),
        link=(RESET_LABEL, settings.RESET_PAGE),
    ),
    _kind(
        "email_change",
        "Confirm a changed address",
        MailText(
            "Confirm your new e-mail address for {shop}",
            "Please confirm {new_email} as the new e-mail address of your account. The link works for three days.",
            "Until then, your account keeps its current address.",
        ),
        NEW_EMAIL,
        link=(CHANGE_LABEL, settings.VERIFY_PAGE),
    ),
    _kind(
        "email_change_notice",
        "Notice of a changed address",
        MailText(
            "Your e-mail address at {shop} is about to change",
            "Someone who is signed in to your account asked to change its e-mail address to {new_email}.",
            "If it was not you, set a new password now. This also signs out every device.",
        ),
        NEW_EMAIL,
    ),
    _kind(
        "password_changed",
        "Password changed",
        MailText(
            "Your password at {shop} was changed",
            "The password of your account was changed, and every other device was signed out.",
            "If it was not you, reset your password on the sign-in page immediately.",
        ),
    ),
    _kind(
        "phone_changed",
        "Phone number changed",
        MailText(
            "Your phone number at {shop} was changed",
            "Your account now has another phone number. Codes to sign in are sent to it.",
            "If it was not you, set a new password now and contact us. A new password also signs out every device.",
        ),
    ),
    _kind(
        "handed_over",
        "Account taken over by the owner of its address",
        MailText(
            "Your password at {shop} was changed",
            "The password of your account was changed, and every device was signed out.\n\n"
            "The address of this account had never been confirmed before, so someone else may have created it.\n\n"
            "To be safe, we also removed its phone number, its saved addresses and every other way to sign in.",
            "Your orders and your cart are unchanged.",
        ),
    ),
    _kind(
        "google_linked",
        "Google account linked",
        MailText(
            "Your Google account is linked to {shop}",
            "You can now sign in to your account in our shop with Google.",
            "If it was not you, set a new password and contact us.",
        ),
    ),
    _kind(
        "identity_reset",
        "Account secured at a sign-in with Google",
        MailText(
            "We have secured your account at {shop}",
            "You signed in with Google. An account with your address already existed, but the address had never been confirmed.\n\n"
            "To be safe, we removed its password, phone number and saved addresses, and signed out every device.",
            "Your orders and your cart are unchanged.",
        ),
    ),
)
