"""How the built-in model was made. Run by hand: `python -m embeddings.training --data DIR`."""
