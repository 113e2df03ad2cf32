"""What each product says in the report: one module a product, reached through its door."""
