"""The users of the demo shop that people sign in with."""

from django.contrib.auth.models import Group

from accounts.models import User
from store import staff_groups

ADMIN, PACKER, CUSTOMER = "admin@example.com", "packer@example.com", "customer@example.com"
PASSWORD = "demo-demo-demo"  # noqa: S105 - of a demo


def create_accounts() -> None:
    """Create the staff groups and the demo's superuser, packer and customer, unless they exist."""
    staff_groups.create_groups()
    if not User.objects.filter(email=ADMIN).exists():
        User.objects.create_superuser(ADMIN, PASSWORD, first_name="Demo", last_name="Admin")
    if not User.objects.filter(email=PACKER).exists():
        packer = User.objects.create_user(PACKER, PASSWORD, first_name="Demo", last_name="Packer", is_staff=True)
        packer.groups.set(Group.objects.filter(name=staff_groups.PACKERS))
    if not User.objects.filter(email=CUSTOMER).exists():
        User.objects.create_user(CUSTOMER, PASSWORD, first_name="Demo", last_name="Customer")
