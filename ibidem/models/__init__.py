"""Model providers behind one protocol: a request in, a stream of text out."""
