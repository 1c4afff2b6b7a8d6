"""What a browser may ask of texts written together."""
