"""The sizes of screen on which pages are tested."""

from playwright.sync_api import ViewportSize

PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
