//! The facts shipped with the product.
