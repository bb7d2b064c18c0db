"""Changes of zones and service areas by staff."""
