"""Facts and orders between processes. Decoding runs no code."""
