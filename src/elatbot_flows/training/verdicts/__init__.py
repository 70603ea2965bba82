"""What judges said of candidates, as lessons for the models that propose them."""
