"""What the backends of platforms have in common: requests, authority, what is tried again, errors."""
