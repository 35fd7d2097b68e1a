"""A page of its own for the views, without the application: to test them and to look at them."""
