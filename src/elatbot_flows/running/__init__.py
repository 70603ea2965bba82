"""Where documents live and how flows run: stores, the builder, the local runner."""
