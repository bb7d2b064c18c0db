"""A browser in which a member of staff has signed in."""

from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User

PASSWORD = "a staff of oak"
# The part of the list that is scrolled sideways, if it is too wide for the page.
MEASURE_LIST = """() => {
  const list = document.querySelector("#result_list");
  return list.scrollWidth - list.parentElement.clientWidth;
}"""


def open_admin(browser: Browser, live_server: LiveServer, colours: str = "light", width: int = 1280) -> Page:
    """Return a page on the home page of the admin."""
    User.objects.create_superuser("staff@example.com", PASSWORD)
    context = browser.new_context(
        color_scheme="dark" if colours == "dark" else "light",
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        base_url=live_server.url,
    )
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    return page
