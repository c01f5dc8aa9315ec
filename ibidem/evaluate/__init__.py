"""Questions with known answers -> how well the product's own pipeline finds them."""
