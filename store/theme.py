"""How the admin looks, in the words of django-unfold (https://unfoldadmin.com/docs/configuration/settings/)."""

from typing import Any

from django.templatetags.static import static


def of_admin(shop_name: str, site_url: str) -> dict[str, Any]:
    """Return the settings of Unfold for a shop of this name, whose shop front is at that address."""
    return {
        "SITE_TITLE": lambda request: shop_name,  # a text that looks like a module's path would be imported
        "SITE_HEADER": lambda request: shop_name,
        "SITE_ICON": lambda request: static("shop/icon.svg"),
        "SITE_URL": site_url,
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shop/icon.svg")}],
        "STYLES": [lambda request: static("shop/admin.css")],
        "SCRIPTS": [lambda request: static("shop/admin.js")],
        "SHOW_VIEW_ON_SITE": False,
        "BORDER_RADIUS": "6px",
        "DASHBOARD_CALLBACK": "store.dashboard.fill",
        "SIDEBAR": {"navigation": "store.navigation.sidebar"},
        "COLORS": {
            "primary": {  # around the green of the demo shop front, which is the 600
                **{"50": "#eef7f4", "100": "#d6ece5", "200": "#aed9cc", "300": "#7fc1ae", "400": "#4fa68f", "500": "#379a80"},
                **{"600": "#1a6351", "700": "#155142", "800": "#114136", "900": "#0e352c", "950": "#071f1a"},
            }
        },
    }
