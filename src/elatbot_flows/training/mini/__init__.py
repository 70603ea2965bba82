"""How the model that ships with the package is made: its texts, its first weights, its folder."""
