"""The customers of the demo shop. They are invented: their e-mail domain is reserved, and so are the numbers outside India."""

from dataclasses import dataclass

NAMES = (
    *("Aarav Deshmukh", "Ananya Iyer", "Rohan Kulkarni", "Meera Nambiar", "Kabir Sandhu", "Ishita Banerjee", "Vihaan Reddy"),
    *("Zoya Merchant", "Arjun Pillai", "Diya Chatterjee", "Farhan Qureshi", "Lakshmi Raghavan", "Nikhil Joshi", "Tara Fernandes"),
    *("Imran Sheikh", "Pooja Bhandari", "Siddharth Menon", "Gurleen Kaur", "Emily Carter", "Lucas Schneider", "Chloé Laurent"),
    *("Mateo García", "Yuki Tanaka", "Olivia Bennett", "Noah Lindqvist"),
)
GUEST_NAMES = ("Harpreet Gill", "Sana Mirza", "Daniel Hughes")  # they order without an account
STREETS = {  # street, city, state, postal code
    "IN": (
        ("14 Lake View Road", "Pune", "Maharashtra", "411004"),
        ("Flat 302, Palm Grove, 7th Cross", "Bengaluru", "Karnataka", "560038"),
        ("22 Anna Salai", "Chennai", "Tamil Nadu", "600002"),
        ("B-9 Greater Kailash", "New Delhi", "Delhi", "110048"),
        ("5 Ballygunge Place", "Kolkata", "West Bengal", "700019"),
        ("81 MG Road", "Kochi", "Kerala", "682016"),
        ("Plot 45, Jubilee Hills", "Hyderabad", "Telangana", "500033"),
    ),
    "US": (
        ("48 Maple Street", "Portland", "OR", "97205"),
        ("1210 Lakeshore Drive, Apt 6", "Chicago", "IL", "60610"),
        ("77 Orchard Avenue", "Austin", "TX", "78704"),
    ),
    "GB": (("3 Elm Terrace", "Bristol", "", "BS8 1TH"), ("19 Wharf Road", "Leeds", "", "LS1 4AP")),
    "DE": (("Lindenallee 12", "Hamburg", "", "20259"), ("Am Markt 4", "Leipzig", "", "04109")),
    "FR": (("8 rue des Tilleuls", "Lyon", "", "69003"), ("25 quai Nord", "Nantes", "", "44000")),
}
PHONES = {"IN": "+91 98765 432{:02}", "US": "+1 202 555 01{:02}", "GB": "+44 20 7946 09{:02}", "DE": "+49 30 23125 1{:02}"}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with a number, which determines their address and phone number."""

    number: int
    name: str

    @property
    def email(self) -> str:
        """Return the e-mail address."""
        local = self.name.lower().replace(" ", ".").replace("é", "e").replace("í", "i")
        return f"{local}@example.com"

    def get_address(self, country: str) -> tuple[dict[str, str], bool]:
        """Return their address in this country (empty: unknown), and whether it is plain text in `line1`."""
        streets = STREETS.get(country)
        phone = PHONES.get(country, PHONES["GB"]).format(self.number)
        if streets is None:
            return {"full_name": self.name, "phone": phone, "line1": f"{self.number} Station Road, Old Town"}, True
        line1, city, state, postal_code = streets[self.number % len(streets)]
        address = {"full_name": self.name, "phone": phone, "line1": line1, "city": city, "state": state}
        return {**address, "postal_code": postal_code, "country": country}, False


CUSTOMERS = tuple(Person(number, name) for number, name in enumerate(NAMES, start=1))
GUESTS = tuple(Person(number, name) for number, name in enumerate(GUEST_NAMES, start=len(NAMES) + 1))
