"""Published checkpoints of CrystaLLM, made models that every engine can load."""
