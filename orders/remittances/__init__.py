"""What carriers pay of the cash that they have collected: reading their files, finding the parcels, and recording."""
