"""Builds the documentation as a static site. A program of its own, which reads the project's files and imports none of its code."""
