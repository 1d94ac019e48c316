"""Ridge models held to the weights of another model."""
