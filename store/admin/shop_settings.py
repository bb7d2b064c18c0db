"""The pages of the settings: the shop, the texts of e-mails, and the history of both."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from core.admin import ModelAdmin, ReadOnlyAdminMixin, get_staff_actor
from core.admin_filters import PeriodFilter
from core.mail_texts.kinds import KINDS
from core.models import ShopSetting, ShopSettingChange
from core.shop_settings.definitions import list_page
from core.shop_settings.shop import PAGE
from store.admin import mail_text_pages
from store.admin.settings_form import (
    SettingsForm,
    build_history_table,
    describe_author,
    describe_new_value,
    describe_setting,
    describe_value,
    list_changes,
)

SETTINGS_PAGE, MAIL_PAGE = "admin/core/shopsetting/settings.html", "admin/core/shopsetting/mail_text.html"


def list_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tabs above all pages of the settings, as Unfold shows them."""
    mail_page, history_page = reverse("admin:core_shopsetting_mails"), reverse("admin:core_shopsettingchange_changelist")
    pages = {"Shop": reverse("admin:core_shopsetting_changelist"), "E-mail texts": mail_page, "History": history_page}
    active = next((title for title in ("E-mail texts", "History") if request.path.startswith(pages[title])), "Shop")
    return [{"title": title, "link": link, "active": title == active, "has_permission": True} for title, link in pages.items()]


@admin.register(ShopSetting)
class ShopSettingAdmin(ReadOnlyAdminMixin, ModelAdmin[ShopSetting]):
    """The settings of the shop and the texts of its e-mails, as forms instead of a list of rows."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may view the settings."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the texts of e-mails."""
        urls = [
            path("mail/", self.admin_site.admin_view(self.mail_list_view), name="core_shopsetting_mails"),
            path("mail/<str:name>/", self.admin_site.admin_view(self.mail_view), name="core_shopsetting_mail"),
        ]
        return [*urls, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show and save the settings of the shop."""
        form = self._build_form(request, PAGE)
        if request.method == "POST" and form.is_valid() and self._save(request, form):
            return redirect(request.path)
        return self._render(request, SETTINGS_PAGE, "Settings", form=form)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Send the reader to the form: a row is only a value that differs from the default."""
        return redirect("admin:core_shopsetting_changelist")

    def mail_list_view(self, request: HttpRequest) -> HttpResponse:
        """List the e-mails that the shop sends."""
        self._check_view_permission(request)
        return self._render(request, "admin/core/shopsetting/mail_list.html", "E-mail texts", table=mail_text_pages.build_list())

    def mail_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show, save, preview and test the text of an e-mail, or return it to the default."""
        kind = KINDS.get(name)
        if kind is None:
            raise Http404
        form = self._build_form(request, kind.page)
        command = request.POST.get("do", "save") if request.method == "POST" else ""
        if command == "reset" and self._reset(request, form):
            return redirect(request.path)
        if command == "save" and form.is_valid() and self._save(request, form):
            return redirect(request.path)
        preview = None
        if command == "preview" and form.is_valid():
            preview = mail_text_pages.build_preview(kind, form)
        if command == "test" and form.is_valid():
            level, text = mail_text_pages.send_test(request, kind, form)
            self.message_user(request, text, level)
        is_changed = any(form.stored.is_stored(definition) for definition in list_page(kind.page))
        return self._render(request, MAIL_PAGE, kind.title, form=form, kind=kind, preview=preview, is_changed=is_changed)

    def _build_form(self, request: HttpRequest, page: str) -> SettingsForm:
        """Return the form of a page. Raises PermissionDenied."""
        self._check_view_permission(request)
        can_change = request.user.has_perm("core.change_shopsetting")
        if request.method == "POST" and not can_change:
            raise PermissionDenied
        return SettingsForm(list_page(page), request.POST if request.method == "POST" else None, can_change=can_change)

    def _check_view_permission(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _save(self, request: HttpRequest, form: SettingsForm) -> bool:
        """Save the form and tell the user what has changed; return False if it is refused."""
        try:
            changes = form.save(get_staff_actor(request))
        except ValidationError as error:
            form.add_error(None, error)
            return False
        labels = ", ".join(describe_setting(change.name) for change in changes)
        self.message_user(request, f"Saved: {labels}." if changes else "Nothing has changed.", messages.SUCCESS)
        return True

    def _reset(self, request: HttpRequest, form: SettingsForm) -> bool:
        """Return the form's settings to their defaults; return False if it is refused."""
        form.full_clean()
        try:
            changes = form.reset(get_staff_actor(request))
        except ValidationError as error:
            form.add_error(None, error)
            return False
        text = "The default text is used again." if changes else "The default text is in use already."
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _render(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        form: SettingsForm | None = context.get("form")
        page_context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "tab_list": [{"models": [{"name": "core.shopsetting", "detail": True}], "items": list_tabs(request)}],
            "can_change": request.user.has_perm("core.change_shopsetting"),
            "history": build_history_table(list_changes(form.names)) if form else None,
            **context,
        }
        return TemplateResponse(request, template, page_context)


@admin.register(ShopSettingChange)
class ShopSettingChangeAdmin(ReadOnlyAdminMixin, ModelAdmin[ShopSettingChange]):
    """The history of all settings."""

    list_display = ("when", "author", "setting", "old", "new")
    list_display_links = None
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    search_help_text = "Search by setting, such as shop_name or mail.order_shipped, or by the e-mail address of the user"
    list_filter = (("at", PeriodFilter),)
    ordering = ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may view the settings, of which this is the history."""
        return request.user.has_perm("core.view_shopsetting") or request.user.has_perm("core.change_shopsetting")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave the page out of the lists of pages: a tab of the settings leads to it."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List the changes, below the tabs of the settings."""
        tabs = {"tab_list": [{"models": ["core.shopsettingchange"], "items": list_tabs(request)}]}
        return super().changelist_view(request, {"title": "History", **tabs, **(extra_context or {})})

    @admin.display(description="When", ordering="at")
    def when(self, change: ShopSettingChange) -> datetime:
        return change.at

    @admin.display(description="Who")
    def author(self, change: ShopSettingChange) -> str:
        return describe_author(change)

    @admin.display(description="Setting", ordering="name")
    def setting(self, change: ShopSettingChange) -> str:
        return describe_setting(change.name)

    @admin.display(description="Old value")
    def old(self, change: ShopSettingChange) -> str:
        return describe_value(change.old_value)

    @admin.display(description="New value")
    def new(self, change: ShopSettingChange) -> str:
        return describe_new_value(change)
