"""The admin's home page: what to do now, and the sales. Staff see only what they may also see on other pages."""
