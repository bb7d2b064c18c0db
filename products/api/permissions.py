"""Who may change the catalog."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class Sells(BasePermission):
    """Staff and sellers alone. Whose product it is, the services ask."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the caller sells here."""
        return _is_staff(request) or bool(getattr(request.user, "is_seller", False))


class ReadOrSell(Sells):
    """Everybody reads; staff and sellers write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the caller may do this; what no route does is refused as that."""
        return _is_open(request, view) or super().has_permission(request, view)


class ReadOrStaff(BasePermission):
    """Everybody reads; staff write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the caller may do this; what no route does is refused as that."""
        return _is_open(request, view) or _is_staff(request)


def _is_open(request: Request, view: APIView) -> bool:
    return request.method in SAFE_METHODS or getattr(view, "action", None) is None


def _is_staff(request: Request) -> bool:
    return bool(getattr(request.user, "is_staff", False))
