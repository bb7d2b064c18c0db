"""Files of tracking numbers: read, compared with the orders, and applied. The admin and `import_tracking` share them."""
