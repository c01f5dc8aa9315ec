"""An answer and its passages -> marks where the model gave none, and a verdict on every sentence that cites. Pure."""
