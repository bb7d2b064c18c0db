"""The users of the demo shop that people sign in with."""

from accounts.models import User

ADMIN, CUSTOMER, PASSWORD = "admin@example.com", "customer@example.com", "demo-demo-demo"


def create_accounts() -> None:
    """Create the demo's superuser and customer, unless they exist."""
    if not User.objects.filter(email=ADMIN).exists():
        User.objects.create_superuser(ADMIN, PASSWORD, first_name="Demo", last_name="Admin")
    if not User.objects.filter(email=CUSTOMER).exists():
        User.objects.create_user(CUSTOMER, PASSWORD, first_name="Demo", last_name="Customer")
