"""socketserver, written anew, stage by stage: the same names, signatures, results and texts."""
