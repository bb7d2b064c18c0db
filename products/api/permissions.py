"""Who may change the catalog."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsStaffOrSeller(BasePermission):
    """Only staff and sellers; the services check who owns the product."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user is staff or a seller."""
        return _is_staff(request) or bool(getattr(request.user, "is_seller", False))


class IsStaffOrSellerOrReadOnly(IsStaffOrSeller):
    """Everyone may read; staff and sellers may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user may make this request; an unsupported method passes, so that it gets its 405."""
        return _is_read_or_unrouted(request, view) or super().has_permission(request, view)


class IsStaffOrReadOnly(BasePermission):
    """Everyone may read; staff may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user may make this request; an unsupported method passes, so that it gets its 405."""
        return _is_read_or_unrouted(request, view) or _is_staff(request)


def _is_read_or_unrouted(request: Request, view: APIView) -> bool:
    return request.method in SAFE_METHODS or getattr(view, "action", None) is None


def _is_staff(request: Request) -> bool:
    return bool(getattr(request.user, "is_staff", False))
