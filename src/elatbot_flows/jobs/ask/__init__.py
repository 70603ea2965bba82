"""Jobs that ask a text model: predictions, generations, infills."""
