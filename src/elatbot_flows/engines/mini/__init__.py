"""The generator that ships with the package, read forwards and backwards."""
