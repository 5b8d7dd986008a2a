"""The pages of docs/ that follow from the code; scripts/generate-docs writes them."""
