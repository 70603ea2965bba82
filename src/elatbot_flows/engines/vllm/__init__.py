"""Text models in this process, by vLLM."""
