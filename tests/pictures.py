"""Picture files for tests, sent to the API as a browser sends them."""

from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image

from accounts.tests.factories import access_token, make_user
from carts.tests.factories import signed_in
from products.models import Product, ProductImage
from tests.schema_client import SchemaClient

BOUNDARY = "a-boundary-of-the-tests"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
ORIENTATION, GPS = 0x0112, 0x8825
ALMOST = 12  # how far a colour may be off after JPEG or WebP


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), colour: Any = "red", mode: str = "RGB", **how: Any) -> bytes:
    """Return a picture file in one colour."""
    return encoded(Image.new(mode, size, colour), kind, **how)


def encoded(image: Image.Image, kind: str, **how: Any) -> bytes:
    """Return the file of a picture."""
    buffer = BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def form(*parts: tuple[str, bytes | str, str | None]) -> bytes:
    """Return the body of a form, byte for byte; a part is field, value and, for a file, the name that it is sent under."""
    body = b""
    for field, value, name in parts:
        file = "" if name is None else f'; filename="{name}"\r\nContent-Type: application/octet-stream'
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n\r\n'.encode()
        body += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def send(client: SchemaClient, product: Product, *parts: tuple[str, bytes | str, str | None]) -> Any:
    """Send a form of these parts to the pictures of a product and return the response."""
    return client.generic("POST", f"/api/products/{product.pk}/images/", form(*parts), content_type=MULTIPART)


def upload(client: SchemaClient, product: Product, content: bytes, name: str = "lamp.png", **fields: object) -> Any:
    """Send a picture with these fields and return the response."""
    return send(client, product, ("image", content, name), *((field, str(value), None) for field, value in fields.items()))


def uploaded(client: SchemaClient, product: Product, content: bytes | None = None, **fields: object) -> ProductImage:
    """Send a picture and return its row."""
    response = upload(client, product, picture() if content is None else content, "lamp.png", **fields)
    assert response.status_code == 201, response.json()
    return ProductImage.objects.latest("id")


def staff() -> SchemaClient:
    """Return the client of a new member of staff."""
    return signed_in(make_user("staff@example.com", is_staff=True))


def token_of(**fields: object) -> str:
    """Return the access token of a new user."""
    return access_token(make_user("owner@example.com", **fields))


def customer() -> SchemaClient:
    """Return the client of a new customer."""
    return signed_in(make_user())


def seller(email: str = "seller@example.com") -> tuple[SchemaClient, int]:
    """Return the client and the id of a new seller."""
    user = make_user(email, is_seller=True)
    return signed_in(user), user.pk


def stored() -> list[str]:
    """Return the names of all files in the media folder."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) if root.is_dir() else []


def shown() -> list[str]:
    """Return the names of all files that rows show."""
    return sorted(str(name) for row in ProductImage.objects.all() for name in (row.image.name, row.thumbnail) if name)


def content_of(name: str | None) -> bytes:
    """Return what is stored under a name."""
    return (Path(settings.MEDIA_ROOT) / (name or "")).read_bytes()


def opened(name: str | None) -> Image.Image:
    """Return the stored picture, decoded."""
    image = Image.open(BytesIO(content_of(name)))
    image.load()
    return image


def order_of(product: Product) -> list[tuple[str, int]]:
    """Return description and position of a product's pictures in their order."""
    return list(ProductImage.objects.filter(product=product).values_list("alt", "position"))


def is_like(seen: Any, wanted: tuple[int, ...]) -> bool:
    """Say whether a pixel has this colour, but for what JPEG and WebP lose."""
    return len(seen) == len(wanted) and all(abs(one - other) <= ALMOST for one, other in zip(seen, wanted, strict=True))
