"""Text formats of the models: each module renders and parses one of them."""
