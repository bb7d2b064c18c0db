"""The admin's theme as settings of django-unfold (https://unfoldadmin.com/docs/configuration/settings/)."""

from typing import Any

from django.templatetags.static import static


def get_unfold_settings(site_url: str) -> dict[str, Any]:
    """Return Unfold's settings for a shop with this shop front URL."""
    return {
        "SITE_TITLE": "store.admin_site.get_site_title",
        "SITE_HEADER": "store.admin_site.get_site_title",
        "SITE_SUBHEADER": "store.admin_site.get_site_subheader",
        "SITE_ICON": lambda request: static("shop/icon.svg"),
        "SITE_URL": site_url,
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shop/icon.svg")}],
        "STYLES": [lambda request: static("shop/admin.css")],
        "SCRIPTS": [lambda request: static("shop/admin.js")],
        "SHOW_VIEW_ON_SITE": False,
        "BORDER_RADIUS": "6px",
        "DASHBOARD_CALLBACK": "store.dashboard.home.add_dashboard_context",
        "SIDEBAR": {"navigation": "store.navigation.build_sidebar"},
        "COLORS": {
            "primary": {  # shades of the demo shop front's green, which is 600
                **{"50": "#eef7f4", "100": "#d6ece5", "200": "#aed9cc", "300": "#7fc1ae", "400": "#4fa68f", "500": "#379a80"},
                **{"600": "#1a6351", "700": "#155142", "800": "#114136", "900": "#0e352c", "950": "#071f1a"},
            }
        },
    }
