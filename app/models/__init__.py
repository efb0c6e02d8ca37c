"""Windows over the capture as Qt models: meaning in, rows out, no widgets."""
