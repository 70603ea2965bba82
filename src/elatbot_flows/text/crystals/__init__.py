"""Crystals as language models write them, one module for each form; see docs/crystal_texts.md."""
