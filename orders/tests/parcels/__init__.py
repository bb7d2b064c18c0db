"""Parcels, from packing to the bank."""
