"""Where documents live, and the collection of candidates that people query."""
