"""Text models behind OpenAI-compatible servers."""
