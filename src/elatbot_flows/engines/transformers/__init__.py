"""Text models in this process, by transformers and PEFT."""
