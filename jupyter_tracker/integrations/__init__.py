"""What other tools load of this package, so that code written for them works into the local store."""
