"""A server of our own that speaks MongoDB's protocol, and forgets nothing when it is killed."""
