"""A package, so that its fixtures end with its last test: playwright keeps an event loop running until then."""
