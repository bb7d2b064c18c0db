"""Carriers: what they report about parcels, and where a buyer follows one."""
