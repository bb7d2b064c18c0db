"""Service areas: reads carriers' lists of the postal codes that they serve, and writes areas."""
