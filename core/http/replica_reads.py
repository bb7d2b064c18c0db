"""Which requests may be answered from the replica."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from rest_framework.request import Request

from core import replica
from core.http.credentials import has_credentials, has_key

Method = TypeVar("Method", bound=Callable[..., Any])


def reads_from_replica(method: Method) -> Method:
    """Decorate a view method that only reads, so that callers without credentials or a key are answered from the replica.

    Other callers read from the primary, because they may have just changed something and must see it.
    """

    @wraps(method)
    def routed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        call = partial(method, view, request, *args, **kwargs)
        return call() if has_credentials(request) or has_key(request) else replica.read(call)

    return routed  # type: ignore[return-value]  # same signature
