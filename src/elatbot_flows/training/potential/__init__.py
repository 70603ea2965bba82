"""Fine-tuning a universal potential to elasticity."""
